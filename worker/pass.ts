/** The address of a KUBE as it is given to those whom its operator lets in: what stands after the # is their pass. */
import { fromBase64Url } from './protocol/ids.js'
import { PASS_BYTES } from './protocol/signal.js'

/** @returns undefined, if there is none */
export function passIn(address: string): Uint8Array | undefined {
  const [, pass = ''] = address.split('#')
  // What else may stand there is for pages.
  if (!/^[\w-]{43}$/.test(pass)) return undefined
  const bytes = fromBase64Url(pass)
  return bytes.length === PASS_BYTES ? bytes : undefined
}
