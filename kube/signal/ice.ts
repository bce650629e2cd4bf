/**
 * STUN and TURN servers that devices are told of: HEARTH_TURN_URL and HEARTH_TURN_SECRET. How a device is let in there is coturn's
 * `use-auth-secret`: a name that says until when it is good, and as its password an HMAC under a secret that coturn and the KUBE have.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { schemeOfIce } from '../../worker/protocol/ice.js'
import { MAX_ICE_SERVERS, MAX_ICE_TEXT, type IceOffer } from '../../worker/protocol/signal.js'
import { kubeError } from '../errors.js'

export interface IceSettings {
  readonly urls: readonly string[]
  /** coturn's `static-auth-secret`; null, if there are STUN servers only. */
  readonly secret: string | null
  /** How long a name is good for, in seconds. */
  readonly seconds: number
}

const SECONDS = 3600

/**
 * @param urls addresses with commas between them, or nothing
 * @returns undefined if none are named
 * @throws KubeError `kube/bad-turn`, `kube/many-turns`, `kube/turn-secret`, `kube/turn-url`
 */
export function readIce(urls: string | undefined, secret: string | undefined): IceSettings | undefined {
  const parts = (urls ?? '').split(',').map((part) => part.trim())
  const named = parts.filter((part) => part !== '')
  for (const url of named)
    if (!schemeOfIce(url) || url.length > MAX_ICE_TEXT) throw kubeError('kube/bad-turn', { url })
  if (named.length > MAX_ICE_SERVERS) throw kubeError('kube/many-turns', { most: MAX_ICE_SERVERS })
  const hasTurn = named.some((url) => schemeOfIce(url) === 'turn')
  if (hasTurn && !secret) throw kubeError('kube/turn-secret')
  if (secret && !hasTurn) throw kubeError('kube/turn-url')
  return named.length > 0 ? { urls: named, secret: secret || null, seconds: SECONDS } : undefined
}

/** What one device is offered. */
export class Offered {
  #until = 0
  #servers: readonly IceOffer[] = []

  /**
   * @param now in milliseconds since 1970: coturn goes by the time of day
   * @returns for how many seconds, and which
   */
  at(
    now: number,
    settings: IceSettings | undefined,
  ): readonly [seconds: number, servers: readonly IceOffer[]] {
    if (!settings) return [0, []]
    const { seconds } = settings
    const left = Math.floor(this.#until - now / 1_000)
    // A TURN server counts by names what one may have there.
    // defence: one-name-at-a-time
    if (left > seconds / 2) return [left, this.#servers]
    this.#until = Math.floor(now / 1_000) + seconds
    this.#servers = serversOf(settings, this.#until)
    return [seconds, this.#servers]
  }
}

function serversOf({ urls, secret }: IceSettings, until: number): readonly IceOffer[] {
  // Of chance: it is to tell the TURN server nothing of who that is.
  const name = `${until}:${randomBytes(12).toString('base64url')}`
  return urls.map((url) =>
    schemeOfIce(url) === 'turn'
      ? [url, name, createHmac('sha1', secret!).update(name).digest('base64')]
      : [url, null, null],
  )
}
