/** Addresses of KUBEs, as people write them. What stands after the # is the pass of those whom its operator lets in. */
import { invalid } from './protocol/errors.js'
import { fromBase64Url } from './protocol/ids.js'
import { PASS_BYTES } from './protocol/signal.js'

/** @returns http: or https:, without a slash at the end @throws HearthError `echo/invalid` */
export function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    invalid(`"${text}" is not the address of a server; begin it with https://`)
  return url.href.replace(/[?#].*$/, '').replace(/\/+$/, '')
}

export const isAddress = (url: unknown): url is string => {
  try {
    return typeof url === 'string' && addressOf(url) === url
  } catch {
    return false
  }
}

/** By their addresses without them. */
export function passesIn(addresses: readonly string[]): Map<string, Uint8Array> {
  const passes = new Map<string, Uint8Array>()
  for (const address of addresses) {
    const pass = passIn(address)
    if (pass) passes.set(addressOf(address), pass)
  }
  return passes
}

/** @returns undefined, if there is none */
export function passIn(address: string): Uint8Array | undefined {
  const [, pass = ''] = address.split('#')
  // What else may stand there is for pages.
  if (!/^[\w-]{43}$/.test(pass)) return undefined
  const bytes = fromBase64Url(pass)
  return bytes.length === PASS_BYTES ? bytes : undefined
}
