/**
 * Device <-> device, inside a session: authenticated, encrypted, in order on each of two lanes. Each message is deterministic CBOR of a
 * list that begins with its name; `ref` is the replica id of a space, 32 bytes. Spec: docs/protocol/session.md.
 *
 * WIRE_VERSION history: 1, the first; 2, direct links, logs in parts, and what strangers show each other;
 * 3, pings that are answered, and links that move; a choice of links, and what is passed on by others; what a KUBE
 * keeps; 4, invitations in the log; 5, checkpoints; 6, passkeys that lead to the words.
 */
export const WIRE_VERSION = 6

/** Ed25519. */
export const DEVICE_BYTES = 32
/** One plaintext of a Noise message, at most, in bytes; what is longer goes in several. */
export const CHUNK_BYTES = 32 << 10

/** What people wait for, before what there is much of. */
export const LANES = ['control', 'bulk'] as const
export type Lane = (typeof LANES)[number]
/**
 * Bytes that a side may send on a lane beyond what the other has worked through; each frame counts FRAME_COST more, for one that holds
 * nothing has to be kept, too. One message is not longer than this.
 */
export const LANE_WINDOW: Readonly<Record<Lane, number>> = { control: 1 << 20, bulk: 12 << 20 }
export const FRAME_COST = 256

/** A handshake ends within this time, in milliseconds. */
export const HANDSHAKE_MS = 10_000
/**
 * By the kind of link, in milliseconds: a side that has said nothing for `pingMs` says `ping`, one that has heard nothing for `silenceMs`
 * gives the session up. Under a direct one, a relayed one stands by: to leave it costs little.
 */
export const LIVENESS = {
  relayed: { pingMs: 3_000, silenceMs: 10_000 },
  direct: { pingMs: 500, silenceMs: 2_000 },
} as const

/** Ids of log entries or of entries of feeds, 43 characters each, in one message at most. */
export const MAX_NAMES = 1024
export const MAX_FEEDS = 4096
/** Entries in one message, at most. */
export const MAX_ENTRIES = 1024
/** Bytes of entries in one message, about; one entry goes whole. */
export const MESSAGE_BYTES = 256 << 10

/** Of one checkpoint: pieces, and bytes of one and of all of them, at most; bytes of its head. */
export const MAX_PIECES = 4096
export const MAX_PIECE_BYTES = 8 << 20
export const MAX_CHECKPOINT_BYTES = 256 << 20
export const MAX_HEAD_BYTES = 512 << 10

/**
 * What a side would do with a checkpoint: `gaps` takes one only in place of entries that are not to be had; `instead` would rather have
 * it than entries, for there are none here; `latest` keeps the latest one for others, or has one that will not do.
 */
export const CHECKPOINT_WISHES = ['gaps', 'instead', 'latest'] as const
export type CheckpointWish = (typeof CHECKPOINT_WISHES)[number]

/** How far a feed has come: its device, the last entry's number and id, and where it is forked, the entries there. */
export type FeedHolding = readonly [
  device: string,
  seq: number,
  head: string | null,
  rivals: readonly string[],
]

export type Wire =
  /** I am here. It is answered by the same number, unless something else waits to be said. */
  | readonly [t: 'ping', number: number]
  | readonly [t: 'pong', number: number]
  /**
   * What this side has of a space, at the beginning, and when it turns out that something is missing; the checkpoint that it has, if it has
   * one, and what it would do with one.
   */
  | readonly [
      t: 'have',
      ref: Uint8Array,
      heads: readonly string[],
      feeds: readonly FeedHolding[],
      checkpoint: string | null,
      wish: CheckpointWish,
    ]
  /** A checkpoint that this side has, by its head (docs/protocol/checkpoints.md). Answered by `fetch`, or by `have`: it is not wanted. */
  | readonly [t: 'offer', ref: Uint8Array, head: Uint8Array]
  /** Pieces of the checkpoint of this id, from this one on, from 0. When all are here, or it is not wanted any more, `have` says so. */
  | readonly [t: 'fetch', ref: Uint8Array, checkpoint: string, from: number]
  | readonly [t: 'piece', ref: Uint8Array, checkpoint: string, n: number, bytes: Uint8Array]
  /** Entries of its membership log, parents first. */
  | readonly [t: 'log', ref: Uint8Array, entries: readonly Uint8Array[]]
  /** Of its feeds: of each, one after the other. */
  | readonly [t: 'entries', ref: Uint8Array, entries: readonly Uint8Array[]]
  /** Entries of feeds without which others cannot be judged, by their ids. */
  | readonly [t: 'want', ref: Uint8Array, ids: readonly string[]]
  /** These are durable here up to these numbers. */
  | readonly [t: 'held', ref: Uint8Array, feeds: readonly (readonly [device: string, seq: number])[]]
  /** There is no such space here: `log` and `have` again, if I should have it. */
  | readonly [t: 'lack', ref: Uint8Array]
  /**
   * To a device that no log here names: this side knows the secret of the topic where they met, and would have the log of its space from
   * one to which it is a stranger in turn. Anybody else leaves it alone; it is answered once.
   */
  | readonly [t: 'know', proof: Uint8Array]

/**
 * Of direct links between the two devices, in the session through the relay: who carries it can then exchange nothing. Attempts are
 * numbered by the side whose id comes first, which begins them; a number is used once.
 */
export type Direct =
  /** A direct link can be made here, or not (any more). */
  | readonly [t: 'host', can: boolean]
  /** Of one browser for the other: an offer, an answer or a candidate, as JSON. */
  | readonly [t: 'signal', attempt: number, text: string]
  /**
   * Whatever I say from now on, I say over the direct link of this attempt; what is still under way on `bulk` may come later. The last
   * thing that is said on whatever has carried it so far, be it a direct link.
   */
  | readonly [t: 'direct', attempt: number]
  /** The link of this attempt would be better in another tab here: begin the next attempt, and it is left once that has come about. */
  | readonly [t: 'anew', attempt: number]
  /** This attempt has failed, or its link has ended. */
  | readonly [t: 'over', attempt: number]
/** UTF-16 units of what a browser says at once, at most, and how often it may say something in one attempt. */
export const MAX_DIRECT_SIGNAL = 16 << 10
export const MAX_DIRECT_SIGNALS = 64

/** Of the session itself, where a space has more devices than each has links. */
export type Linking =
  /** This side could do without it, or (false) not any more. It ends when both could. */
  | readonly [t: 'spare', isSpare: boolean]
  /** The last message: there are as many links here as may be. Try another device. */
  | readonly [t: 'full']

/** What is said and not stored. `tab` is of the device that says it; `value` is text of JSON. */
export type Ephemeral =
  /** A tab is present at a place, or (null) not any more; all of them when a space begins to be shared. */
  | readonly [t: 'present', name: string, tab: string, value: string | null]
  | readonly [t: 'said', name: string, tab: string, value: string]
/** The same, of a space. */
export type EphemeralOf = Ephemeral | Passed extends infer E
  ? E extends readonly [infer T, ...infer Rest]
    ? readonly [T, Uint8Array, ...Rest]
    : never
  : never
/**
 * What one of those who are in has said to all, passed on: what it is (`Spoken`, in `mesh/topology/spoken-codec.ts`), its signature, and over
 * how many links it has come.
 */
export type Passed = readonly [t: 'passed', spoken: Uint8Array, signature: Uint8Array, hops: number]
/** Links over which it goes, at most. */
export const MAX_HOPS = 32
/** Bytes of what is said at once, at most, about: one message goes whole; and how many messages. */
export const MAX_SPOKEN_BYTES = 64 << 10
export const MAX_SPOKEN = 1024
/** UTF-16 units of a value, and of the name of a place or channel, at most. */
export const MAX_EPHEMERAL = 16 << 10
export const MAX_TOPIC_NAME = 128

/** Entries of logs, and bytes of these, that a guest is told of when it comes in, in all; of the log that shows who a side is, less. */
export const MAX_LOG_ENTRIES = 65_536
export const MAX_LOG_BYTES = 64 << 20
export const MAX_PROOF_BYTES = 4 << 20
/** Spaces of an identity that a new device is told of at once, at most; it hears of the others later. */
export const MAX_LOGS = 1024

/** Between the host of an invitation and a guest; what follows, once the guest is in, is `Wire`. */
export type Invite =
  /** The guest begins. With a code: its share of CPace, else null. It may try again after `denied`. */
  | readonly [t: 'knock', share: Uint8Array | null]
  | readonly [t: 'share', share: Uint8Array]
  /** The guest has the same key, so it knows the code. */
  | readonly [t: 'confirm', mac: Uint8Array]
  /**
   * What the guest is invited to: a space with a role, or the identity of the host with `role` null. Entries of the host's own log show
   * who it is; and with a code, that it has the same key.
   */
  | readonly [
      t: 'terms',
      space: string,
      role: string | null,
      name: string,
      proof: readonly Uint8Array[],
      mac: Uint8Array | null,
    ]
  /** A person who comes into the space: entries of its own log, and its agreement, by this device. */
  | readonly [t: 'introduce', proof: readonly Uint8Array[], device: string, signature: Uint8Array]
  /** A device that comes into the identity: its keys, and its agreement. */
  | readonly [t: 'candidate', device: string, agreement: Uint8Array, signature: Uint8Array]
  /** The guest is in: the log of what it is in, parents first, and how many logs come after it, each in one more of these. */
  | readonly [t: 'admitted', entries: readonly Uint8Array[], more: number]
  /** The beginning of a list of entries that is too long for one message: more of these, and then the message that it belongs to. */
  | readonly [t: 'part', entries: readonly Uint8Array[]]
  /** Why not, as a code of `errors.ts`, and how many tries are left. */
  | readonly [t: 'denied', code: string, left: number]

/** Where devices meet the KUBE itself, which keeps spaces for them: a topic at which they do not see each other. */
export const KEEP_TOPIC: Uint8Array = new Uint8Array(32)
/** How the KUBE calls itself there. */
export const KEEPER: Uint8Array = new Uint8Array(16)

/** A feed, and up to which entry a KUBE is to take it; null where it goes on. */
export type KeptFeed = readonly [device: string, most: number | null]

/** What leads from recovery words to a personal space (halo/kept/capsule.ts), or from a passkey to those words (halo/kept/passkey-capsule.ts). */
export type KeptCapsule = readonly [ref: Uint8Array, sealed: Uint8Array, signature: Uint8Array]
/** Bytes of what is sealed in one, at most. */
export const MAX_CAPSULE = 512
/** Passkeys that lead to the same words, at most. */
export const MAX_PASSKEYS = 8

/**
 * Between a device and a KUBE that keeps a space it cannot read, beside `have`, `log`, `entries` and `held`; entries of the log go sealed
 * (halo/kept/sealed-log.ts). Spec: docs/protocol/hosts.md.
 */
export type Keep =
  /**
   * The device has this space, or is in it: `access` is the key that all who are in derive, and has signed the hash of this session.
   * @param make a replica of it is to begin if there is none
   */
  | readonly [t: 'keep', ref: Uint8Array, access: Uint8Array, signature: Uint8Array, make: boolean]
  /** It is kept: heads of its log there, and up to which of the log it is told whose feeds to take. Said again when that changes. */
  | readonly [t: 'kept', ref: Uint8Array, heads: readonly string[], asOf: readonly string[]]
  /** It is not, or not any more: why, as a code of `errors.ts`. */
  | readonly [t: 'unkept', ref: Uint8Array, code: string]
  /** How many bytes it takes there, and may take. Said when it is kept, and, no more than once a second, when that changes. */
  | readonly [t: 'room', ref: Uint8Array, used: number, quota: number]
  /** Whose feeds to take from now on, and who may say so, as of these heads of the log; signed by one who may. */
  | readonly [
      t: 'feeds',
      ref: Uint8Array,
      asOf: readonly string[],
      admins: readonly string[],
      /** Devices that are in: they bring entries of the log. */
      members: readonly string[],
      feeds: readonly KeptFeed[],
      signer: string,
      signature: Uint8Array,
    ]
  /** All of it is to be deleted there. Answered by `unkept`. */
  | readonly [t: 'forget', ref: Uint8Array, signer: string, signature: Uint8Array]
  /**
   * This replica is of a personal space, and this leads to it from recovery words: sealed to them and signed by them, whose Ed25519 key is
   * `words`. Answered by `found`.
   */
  | readonly [t: 'capsule', words: Uint8Array, ...capsule: KeptCapsule]
  /**
   * This leads from a passkey to the recovery words of this replica: under a key of the passkey's, and signed by another, which is `finder`.
   * The words, whose Ed25519 key is `words`, have signed that it may. Answered by `found`.
   */
  | readonly [
      t: 'passkey',
      finder: Uint8Array,
      ...capsule: KeptCapsule,
      words: Uint8Array,
      voucher: Uint8Array,
    ]
  /**
   * The device has the words, or the passkey, of this key, which has signed the hash of this session: where does it lead? Asked of KUBEs,
   * and of devices where the words lead, which say `log` and `have` after `found`.
   */
  | readonly [t: 'seek', key: Uint8Array, signature: Uint8Array]
  /** There, or nowhere that is kept here. */
  | readonly [t: 'found', key: Uint8Array, capsule: KeptCapsule | null]

export type Message = Wire | Direct | Linking | EphemeralOf | Invite | Keep
