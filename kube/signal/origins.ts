/** Pages of which origins may speak to this KUBE: `HEARTH_ORIGINS`. */
import { kubeError } from '../errors.js'

/** Those of the KUBE's own origin and of these; or of all. */
export type Origins = '*' | readonly string[]

/**
 * @param text nothing, `*`, or origins with commas between them
 * @throws KubeError `kube/bad-origins`
 */
export function readOrigins(text: string | undefined): Origins {
  const parts = (text ?? '').split(',').map((part) => part.trim())
  if (parts.length === 1 && parts[0] === '*') return '*'
  return parts.filter((part) => part !== '').map(readOrigin)
}

function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url && /^https?:\/\/[^*]+$/.test(url.origin) && url.href === `${url.origin}/`
  if (!plain) throw kubeError('kube/bad-origins', { origin: text })
  return url.origin
}

/**
 * @param origin the header, which every browser sends; what sends none is no page
 * @param host the header
 */
export function mayCome(origin: string | undefined, host: string | undefined, allowed: Origins): boolean {
  if (origin === undefined || allowed === '*') return true
  if (!URL.canParse(origin)) return false
  const { protocol, host: ofPage, origin: written } = new URL(origin)
  if (allowed.includes(written)) return true
  // Behind a proxy the KUBE does not know whether it is https to others, so the host decides. A default port may be written or not.
  const own = `${protocol}//${host}`
  return /^https?:$/.test(protocol) && URL.canParse(own) && new URL(own).host === ofPage
}
