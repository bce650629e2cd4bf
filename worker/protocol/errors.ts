/**
 * Every failure that a person or an app can meet: a stable code, and a message that says what to do next.
 * Codes are part of the public API: they are added, never renamed.
 */
const messages = {
  'echo/invalid': 'Refused, and nothing was changed: {reason}.',
  'echo/not-text':
    '"{field}" is not collaborative text. Make it with hearth.text(), or convert it with hearth.makeText().',
  'echo/too-large': 'Too large: {reason}. Keep large content in several objects, or in a file.',
  'echo/removed': 'This object or element was removed. Read it again before you change it.',
  'echo/lost-base': 'What this edit was made on is no longer there. Its value is kept in home.rejected.',
  'echo/damaged':
    'This object is damaged on this device and can be read, but not changed. See home.status.damage.',
  'echo/unknown-object': 'There is no such object here. Check the id, or load it first.',
  'echo/unknown-space': 'There is no such space on this device. Look in home.spaces.',
  'rpc/worker-gone': 'The data plane did not answer in {ms} ms. It is being started again; try once more.',
  'rpc/malformed': 'A message broke the protocol ({reason}), so this tab was disconnected. Reload the page.',
  'rpc/version': 'This page speaks protocol {theirs}, the data plane {ours}. Reload the page to update it.',
  'rpc/closed': 'This home was closed. Call hearth.open() again.',
  'store/quota': 'The device has no room left. Free some space, then retry from home.rejected.',
  'store/unavailable':
    'The store cannot be opened ({reason}). Leave private mode or free disk space, then reload.',
  'store/newer':
    'The store was written by a newer version ({theirs}). Reload to get it; nothing was changed.',
  'store/busy':
    'Another version of the data plane still holds the store. Close old tabs of this site, then retry.',
  'store/failed': 'The store refused a write ({reason}). What was refused is in home.rejected.',
  'store/erased': 'Everything of Hearth was erased from this browser. Reload the page to start anew.',
  'env/insecure-context': 'Hearth needs a secure page. Serve it over https, or from localhost.',
  'env/unsupported': 'This browser lacks {reason}. Update it, or use another one.',
} as const

export type ErrorCode = keyof typeof messages
/** Facts of one error that fill its message: text and numbers only, no plaintext of the user's and no keys. */
export type ErrorDetails = Readonly<Record<string, string | number>>

export class HearthError extends Error {
  override readonly name = 'HearthError'
  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
  ) {
    super(messages[code].replace(/\{(\w+)\}/g, (_, key: string) => String(details[key] ?? 'unknown')))
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
}

/** The other side's error, or `store/failed` for a code this build does not know. */
export const fromWire = (e: WireError): HearthError =>
  e.code in messages
    ? new HearthError(e.code, e.details)
    : new HearthError('store/failed', { reason: String(e.code) })

/** Any thrown thing as a coded error; what is not ours is `otherwise`, with its own words as the reason. */
export const toHearthError = (e: unknown, otherwise: ErrorCode = 'store/failed'): HearthError =>
  e instanceof HearthError ? e : new HearthError(otherwise, { reason: String((e as Error)?.message ?? e) })
