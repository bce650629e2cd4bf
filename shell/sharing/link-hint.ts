/**
 * What a link seems to be, before anybody follows it: so that the dialog asks for what will be needed, and says what is about to
 * happen. It decides nothing. The worker reads the link (`worker/mesh/invitations/link.ts`), and its errors are what counts.
 */

export interface LinkHint {
  readonly to: 'space' | 'device'
  readonly hasCode: boolean
}

/** A link in the middle of a message, alone. */
export const linkIn = (text: string): string => /\S*#join=[\w-]+/.exec(text)?.[0] ?? text.trim()

/** The start of the payload: an array of 7, version 1, what it leads to, 16 and 32 bytes, whether there is a code. */
const WHAT_AT = 2
const CODE_AT = 3 + 17 + 34
const START = [0x87, 1]

/** Undefined if it is none, or of a version that is not known here. */
export function hintOf(link: string): LinkHint | undefined {
  const payload = link.split('#join=')[1]
  if (!payload) return undefined
  try {
    const bytes = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    const at = (index: number) => bytes.charCodeAt(index)
    if (START.some((byte, index) => at(index) !== byte) || at(WHAT_AT) > 1) return undefined
    if (bytes.length <= CODE_AT) return undefined
    return { to: at(WHAT_AT) === 0 ? 'space' : 'device', hasCode: at(CODE_AT) === 0xf5 }
  } catch {
    return undefined
  }
}

/**
 * The link that this page was opened with, if it was. It is taken out of the address bar, where it would be seen, kept in the
 * history and copied along.
 */
export function takeLink(): string | undefined {
  if (!location.hash.startsWith('#join=')) return undefined
  const link = location.href
  history.replaceState(null, '', location.pathname + location.search)
  return link
}
