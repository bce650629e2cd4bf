/**
 * Every failure that a person or an app can meet: a stable code, and a message that says what to do next.
 * Codes are part of the public API: they are added, never renamed.
 */
const tabMessages = {
  'echo/invalid': 'Refused, and nothing was changed: {reason}.',
  'echo/not-text':
    '"{field}" is not collaborative text. Make it with hearth.text(), or convert it with hearth.makeText().',
  'echo/too-large': 'Too large: {reason}. Use several objects, or a file.',
  'echo/removed': 'This object or element was removed. Read it again first.',
  'echo/lost-base': 'What this edit was made on is gone. Its value is kept in home.rejected.',
  'echo/unknown-object': 'There is no such object here. Check the id, or load it first.',
  'rpc/worker-gone': 'The data plane did not answer in {ms} ms. It starts again; try once more.',
  'rpc/closed': 'This home was closed. Call hearth.open() again.',
  'store/erased': 'Everything of Hearth was erased from this browser. Reload to start anew.',
  'store/cleared':
    'The data of this site were cleared. What this tab still shows can be written again: home.rejected.',
  'env/insecure-context': 'Hearth needs a secure page. Serve it over https, or from localhost.',
  'env/unsupported': 'This browser lacks {reason}. Update it, or use another one.',
} as const

/** What only the worker finds out: it sends the words along, so that a tab need not load them. */
const workerMessages = {
  'echo/damaged':
    'This object is damaged on this device and can be read, but not changed. See home.status.damage.',
  'echo/not-a-writer':
    'You may read this space, but not write in it. What was refused is in home.rejected; ask an admin for a role.',
  'echo/import-unknown': 'This is not a file that Hearth wrote of a space. Choose one that was exported.',
  'echo/import-newer':
    'This file was written by a newer Hearth (format {theirs}). Update this one, and import it again.',
  'echo/import-others':
    'This file leads nowhere by these words: somebody else wrote it, or a Hearth that left nothing for them. Without the words, it opens as a copy.',
  'echo/import-damaged':
    'This file is damaged ({reason}), and nothing was taken from it. Copy it anew from where it was kept, or export the space again.',
  'echo/unknown-space': 'There is no such space on this device. Look in home.spaces.',
  'halo/refused':
    'What another device sent is not as it must be ({reason}), and was left out. Update Hearth on both devices.',
  'halo/not-allowed': 'Your role in this space does not allow that. Ask an admin or an owner of it.',
  'halo/key-missing':
    'A key of this space has not reached this device yet. Sync with another device or member, and try again.',
  'halo/no-words-here':
    'The recovery words of this identity are on the device on which it began, or on which they were entered. Open Hearth there to see them.',
  'halo/unknown-device': 'This identity has no such device. Look in home.devices.',
  'halo/current-device':
    'A device does not revoke itself. Revoke it from another one, or erase what is here with home.erase().',
  'halo/unknown-member': 'This space has no such member. Look in space.members.',
  'halo/last-owner':
    'A space needs an owner. Make somebody else one first, or delete the space for everyone.',
  'halo/personal-space': 'The personal space is where this identity lives: it cannot be left or deleted.',
  'halo/shell-only': 'Recovery words are shown on Hearth’s own page only. Open it to see them.',
  'halo/unreadable':
    'This cannot be opened with the keys of this device, or it was changed on its way. Sync with a device that can open it.',
  'halo/weak-key': 'The other side’s key is not one. Ask that device to update Hearth, and try again.',
  'halo/keys-lost':
    'The keys of this device cannot be used any more. Add it again, from another device of yours or with the recovery words.',
  'halo/recovery-word': 'Word {position} is not a recovery word. Check how it is spelt.',
  'halo/recovery-count':
    'There are {expected} recovery words, and here are {found}. Enter all, in their order.',
  'halo/recovery-checksum':
    'Every word is on the list, but together they are nobody’s. Check each, and their order.',
  'halo/nothing-to-recover':
    'That server keeps nothing for these words, and no device of theirs is there. Check that they are yours; open Hearth on another device of yours, if you have one, and try again; or try another server that you used.',
  'halo/nothing-by-passkey':
    'That server keeps nothing that this passkey leads to. Try the address of another server that you used, or your words. A passkey that was made before Hearth could do this shows the words on a device of yours only: make another one there.',
  'halo/code-needed':
    'This invitation needs its code of 6 digits. Ask whoever invited you, and join with it.',
  'halo/code-wrong':
    'That is not the code of this invitation; {left} more tries. Ask whoever invited you for it.',
  'halo/invite-dead': 'Too many wrong codes were tried, so this invitation is void. Ask for another one.',
  'halo/invite-expired': 'This invitation has expired. Ask for another one.',
  'halo/invite-used': 'This invitation has been used. Ask for another one.',
  'halo/invite-cancelled': 'This invitation was called back. Ask whoever made it for another one.',
  'halo/invite-unknown': 'Whoever made this invitation does not know it any more. Ask for another one.',
  'halo/invite-malformed': 'This is not an invitation link. Copy all of it, from https to its end.',
  'halo/invite-newer':
    'This invitation was made by a newer Hearth. Reload this page to update, and join again.',
  'halo/invite-forged': 'Whoever answered is not the one who made this invitation. Ask for another one.',
  'halo/invite-own': 'You are in there already: this invitation is for somebody else, or for another device.',
  'halo/host-away':
    'Whoever invited you is not there. Ask them to open Hearth and keep it open, and join again.',
  'halo/log-too-large':
    'The log of who is in is longer than an invitation can tell. Invite into a new space; who joins with such a log of their own needs a new identity.',
  'mesh/handshake':
    'The other side is not who it has to be, or what it said was changed on its way. Connect again.',
  'mesh/malformed':
    'The other side broke the protocol ({reason}), and was disconnected. Update Hearth on both sides.',
  'mesh/version': 'The other side speaks protocol {theirs}, this one {ours}. Update Hearth on both sides.',
  'mesh/refused': 'The server refused the connection: {reason}',
  'mesh/limited': 'The server takes this device only where others have taken it. {reason}',
  'mesh/no-kube': 'There is no server to meet others at. Give hearth.open({ kube }) the address of one.',
  'mesh/offline': 'The server at {kube} cannot be reached. Check the network, and try again.',
  'mesh/host-away':
    'The server at {kube} cannot be reached, or keeps nothing. Check its address and the network, and try again.',
  'mesh/host-full': 'That server has no room for more. Remove something from it, or choose another one.',
  'mesh/host-denied': 'That server keeps a space under this name for others. Choose another one.',
  'mesh/host-not-allowed':
    'That server begins to keep spaces only for those whom its operator lets in. Ask them for an invitation, and add the address that it shows.',
  'mesh/host-quota':
    'That server keeps as many spaces for this device as it may. Remove one from it, or ask whoever runs it.',
  'mesh/host-unknown': 'That server does not have this space. An admin of the space can add it again.',
  'mesh/host-forgot': 'That server has deleted this space, as an admin of it wanted.',
  'mesh/timeout': 'The other side did not answer within {ms} ms. Check the network, and try again.',
  'mesh/closed': 'The connection ended. It is made again by itself.',
  'mesh/cancelled': 'This was called off.',
  'mesh/too-large': 'An ephemeral message may have up to {most} bytes. Send less, or keep it in an object.',
  'rpc/malformed': 'A message broke the protocol ({reason}), so this tab was disconnected. Reload the page.',
  'rpc/version': 'This page speaks protocol {theirs}, the data plane {ours}. Reload the page to update it.',
  'store/quota': 'The device has no room left. Free some space, then retry from home.rejected.',
  'store/unavailable':
    'The store cannot be opened ({reason}). Leave private mode or free disk space, then reload.',
  'store/newer':
    'The store was written by a newer version ({theirs}). Reload to get it; nothing was changed.',
  'store/busy':
    'Another version of the data plane still holds the store. Close old tabs of this site, then retry.',
  'store/failed': 'The store refused a write ({reason}). What was refused is in home.rejected.',
} as const

/** What a tab finds out that looks for a worker in another way than most: these words come with that code. */
export const dialMessages = {
  'env/worker-url':
    '"{url}" is not the address of a worker. Give open({ worker }) a path on this page’s origin, or leave it out.',
  'env/worker-origin':
    'A worker may not come from {origin}: name a file of this page’s origin, with one line: importScripts("{importing}").',
} as const

/** Set by the build of what a tab loads. */
declare const __HEARTH_TAB__: boolean | undefined
const messages: Partial<Record<ErrorCode, string>> =
  typeof __HEARTH_TAB__ === 'undefined' ? { ...tabMessages, ...workerMessages, ...dialMessages } : tabMessages

export type ErrorCode = keyof typeof tabMessages | keyof typeof workerMessages | keyof typeof dialMessages
/** Facts of one error that fill its message: text and numbers only, no plaintext of the user's and no keys. */
export type ErrorDetails = Readonly<Record<string, string | number>>

export class HearthError extends Error {
  override readonly name = 'HearthError'
  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    /** Its words, where another side has said them. */
    message: string = messages[code] ?? code,
  ) {
    super(message.replace(/\{(\w+)\}/g, (_, key: string) => String(details[key] ?? 'unknown')))
  }
}

/** Throws `echo/invalid` with the reason. */
export function invalid(reason: string): never {
  throw new HearthError('echo/invalid', { reason })
}

/** An error as it crosses between tab and worker. */
export interface WireError {
  readonly code: ErrorCode
  readonly details: ErrorDetails
  readonly message: string
}

export const toWire = ({ code, details, message }: HearthError): WireError => ({ code, details, message })

/** The other side's error. Its code may be of a later build than this one. */
export const fromWire = ({ code, details, message }: WireError): HearthError =>
  new HearthError(code, details, message)

/** Any thrown thing as a coded error; what is not ours is `otherwise`, with its own words as the reason. */
export const toHearthError = (e: unknown, otherwise: ErrorCode = 'store/failed'): HearthError =>
  e instanceof HearthError ? e : new HearthError(otherwise, { reason: String((e as Error)?.message ?? e) })
