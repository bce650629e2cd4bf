/**
 * What is marked in the source as a defence (`// defence: its-name`), and what it protects from. Which attacks it keeps
 * away is in docs/protocol/attacks.md; `npm run test:attacks -- --mutate` shows that it does.
 */
const signatures = {
  purpose: 'a signature for one purpose, or a key for one use, taken for another',
  'log-id': 'what was signed, derived or sealed in one log, put into another',
  framing: 'what belongs to no log and begins like the id of one, taken as of that log',
  'log-id-length': 'an id so long that its length, in one byte, is that of another',
  'signature-length': 'a signature with something after it: a second form of the same one',
  'strict-key': 'keys that libraries read in different ways, or under which everything is signed',
  'strict-r': 'an R on which libraries differ, so that replicas differ over an entry',
  'reduced-scalar': 'a second form of a signature, which anybody can make of the first',
  'point-length': 'a key with something after it',
  'canonical-point': 'a point of small order that does not look like one',
  'small-order': 'a key under which any signature holds for any message',
  'key-on-the-curve': 'a key that is no point, and so ends who verifies',
  'one-equation': 'a browser that accepts what others refuse',
}

const ciphertexts = {
  'key-commitment': 'one ciphertext that two members, by two keys, read as two texts',
  'compared-length': 'bytes that begin as they should, and go on',
  'salt-length': 'a second form of a ciphertext: HMAC takes a salt without its last zeros for the same',
  'key-length': 'a key that is missing, and so known to everybody',
  'header-in-key': 'a body under the header of another entry',
  'associated-data': 'other words in the clear beside a ciphertext',
  'derived-for-its-context': 'a topic of one epoch that leads to the space in all later ones',
  'padding-end': 'bytes hidden in the padding',
  'padded-length': 'a size that tells what its writer wanted it to',
}

const keys = {
  'sealed-with': 'an ephemeral key exchanged for another that agrees on the same',
  'sealed-to': 'a key that was sealed to one device, passed off as sealed to another',
  'agreement-key-length': 'an X25519 key of another length',
  'canonical-agreement-key': 'a second form of an X25519 key, which some browsers refuse',
  'shared-zeros': 'a key with which everybody agrees on zeros, in a browser that lets it',
  'signing-key-check': 'a store that says that a signing key is somebody else’s',
  'agreement-key-check': 'a store that says that an agreement key is somebody else’s',
}

const entries = {
  'genesis-without-parents': 'a log that begins in the middle of another',
  'genesis-by-its-device': 'a log that is begun in somebody else’s name',
  'entry-taken-once': 'an old entry that is sent again, and counts as new',
  'one-genesis': 'an entry without parents, as if it came before everything',
  'sorted-parents': 'one entry in many forms, each with an id of its own',
  'parents-first': 'an entry whose parents are withheld, judged without them',
}

const bytes = {
  'signed-by-its-author': 'an author field unlike the key',
  possession: 'a device that is made one of somebody’s without knowing',
  'proof-of-whom-it-names': 'a device added under another’s identity',
  'words-of-whom-it-names': 'a member whose devices somebody else’s words can exchange',
  'devices-of-the-proof': 'a device of somebody else’s that comes in with a member',
  'somebody-agrees': 'a member who never agreed to be one',
  'agrees-by-its-own-device': 'a member for whom somebody else agreed',
  'agrees-to-this': 'an agreement to another space or role, used again',
  'proof-of-one-identity': 'a proof that goes on with entries of somebody else',
  'no-proof-in-a-proof': 'proofs in proofs, without end',
  'entry-of-this-log': 'an entry of one space put into another',
  'epoch-brings-its-key': 'a removal after which nobody can write',
  'key-that-was-signed': 'a key sealed to one member that is not the others’',
  'body-of-its-header': 'a body exchanged for another, which a host could not tell',
  'entry-of-this-space': 'an entry of one space put into another',
  'judged-in-every-life':
    'what a removed member wrote, on a device that lost power when it had heard of the removal',
  'whole-entry': 'an entry of a shape that nobody writes, which keeps a space from ever taking another',
  'entry-by-its-feed': 'an entry in somebody else’s feed',
  'creation-as-a-tab-may': 'an object with keys or values that no tab may write',
  'inflated-in-bounds': 'some kilobytes that become gigabytes',
}

const rights = {
  'author-is-a-member': 'a relay, or anybody, that admits itself',
  possible: 'actions that make no sense at their parents, such as a second genesis',
  'enough-role': 'members who give or take more than their role allows, or rotate keys without the right',
  'higher-rank': 'members who remove, demote or cut off those who outrank them',
  'only-oneself-steps-down': 'an editor that demotes another one',
  'rank-by-role': 'an admin of old that has more to say than an owner of today',
  'rank-by-depth': 'an admin that outranks an earlier one by trying until the hash is small',
  'no-self-promotion': 'a member that promotes itself',
  'admitted-once': 'the owner admitted again with a lower role',
  'own-devices-only': 'a device added under another’s identity',
  'key-of-one-member': 'a device of somebody’s taken over by admitting its key again',
  'cuts-of-whom-it-names': 'a reader who leaves, and cuts off what the owner has written',
  'device-of-whom-it-names': 'the owner’s device revoked as that of a reader',
  'nobody-else-in-an-identity': 'a stolen device that lets somebody else into an identity',
  'identity-keeps-its-member': 'a stolen device that leaves an identity without a member',
  'recovery-only-devices': 'words on paper that do more than to add and revoke devices',
  'recovery-is-no-device': 'the recovery key made a device, with all rights of one',
}

const oldParents = {
  'beyond-a-removal': 'who is removed, and goes on under old parents',
  'beyond-a-revocation': 'a revoked device that goes on under old parents',
  'role-still-stands': 'who was given a role by what has fallen',
  'admission-still-stands': 'a device that was let in by what has fallen',
  'rights-of-before': 'a right that was greater once, used under old parents against those who have it now',
  'settled-by-rank': 'somebody of lower rank who ends, at the same time, who would end them',
  'higher-rank-decides': 'somebody removed by an admin whom the owner, at the same time, gives a role',
  'higher-rank-gives': 'a role from an admin that displaces the one which the owner gives at the same time',
  'role-unknown-to-who-removes': 'who is removed, and acts by a role that a friend gave at the same time',
  'others-are-revoked-by-right': 'who is out, and revokes devices of others under old parents',
  'lower-of-two-roles': 'a member that gives two roles at once, and has the greater one hold by its hash',
  'adopted-by-who-saw-it':
    'an admission by who is out, which hides behind a role that was given on another one',
  'only-admissions-are-adopted':
    'a device added by one that was revoked, let in when its member gets a role later',
  'devices-end-each-other': 'a stolen device that stays by revoking the one that revokes it',
  'no-device-without-member': 'devices that stay when their member goes',
  'no-device-of-an-earlier-stay': 'a device from before a removal that comes back with the member',
  'revoked-is-out': 'a device that was revoked',
  'one-rebind': 'an identity that becomes two members, each by one of its devices',
  'first-has-the-key': 'a key that a second member claims at the same time',
  'removal-begins-an-epoch': 'a removed member that reads on',
  'revocation-begins-an-epoch': 'a revoked device that reads on',
  'no-key-by-who-goes': 'a key of the next epoch that is known to who has left',
  'no-key-by-who-is-out': 'an epoch begun by who is out, under old parents',
}

export const defences: Readonly<Record<string, string>> = {
  ...signatures,
  ...ciphertexts,
  ...keys,
  ...entries,
  ...bytes,
  ...rights,
  ...oldParents,
}
