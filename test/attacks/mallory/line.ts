/** Two ends of a link, and whoever is between them; and sessions on them, with keys that nobody checks. */
import { x25519 } from '@noble/curves/ed25519.js'
import { answer, call } from '../../../worker/mesh/handshaking.js'
import type { Link } from '../../../worker/mesh/link.js'
import type { StaticKey } from '../../../worker/mesh/platform.js'
import { Session } from '../../../worker/mesh/session.js'
import { Clock } from './clock.js'

type Hand = (frame: Uint8Array, n: number) => readonly Uint8Array[]

export class End implements Link {
  onRoom = () => undefined as void
  onClosed = () => undefined as void
  isOpen = true
  room = 1 << 20
  /** Everything that was sent from here. */
  readonly sent: Uint8Array[] = []
  /** What becomes of it. */
  hand: Hand = (frame) => [frame]
  other: End | undefined
  private run: ((frame: Uint8Array) => void) | undefined
  private readonly early: Uint8Array[] = []

  constructor(readonly kind: Link['kind'] = 'relayed') {}

  set onFrame(run: (frame: Uint8Array) => void) {
    this.run = run
    for (const frame of this.early.splice(0)) run(frame)
  }

  send(frame: Uint8Array): void {
    if (!this.isOpen) return
    this.sent.push(frame)
    for (const one of this.hand(frame, this.sent.length)) setImmediate(() => this.other?.take(one))
  }

  take(frame: Uint8Array): void {
    if (!this.isOpen) return
    if (this.run) this.run(frame)
    else this.early.push(frame)
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.onClosed()
    setImmediate(() => this.other?.close())
  }
}

export function line(kinds: readonly [Link['kind'], Link['kind']] = ['relayed', 'relayed']): [End, End] {
  const [one, two] = [new End(kinds[0]), new End(kinds[1])]
  one.other = two
  two.other = one
  return [one, two]
}

export function staticKey(): StaticKey {
  const { secretKey, publicKey } = x25519.keygen()
  return { publicKey, agree: async (theirs) => x25519.getSharedSecret(secretKey, theirs) }
}

export const platformAt = ({ now, later }: Pick<Clock, 'now' | 'later'>) => ({
  ...{ subtle: crypto.subtle, now, later },
  random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
  socket: () => {
    throw new Error('no sockets here')
  },
})

export const topic = new Uint8Array(32).fill(7)

export interface Two {
  readonly clock: Clock
  readonly ends: readonly [End, End]
  readonly alice: Session
  readonly bob: Session
  [Symbol.dispose](): void
}

/** Alice has called Bob. @param isDead Bob does nothing of his own accord, as no honest device */
export async function two(isDead = false): Promise<Two> {
  const clock = new Clock()
  const platform = platformAt(clock)
  const ends = line()
  const [a, b] = [staticKey(), staticKey()]
  const [calling, answering] = await Promise.all([
    call(platform, ends[0], { own: a, topic }, b.publicKey),
    answer(platform, ends[1], { own: b, topic }),
  ])
  const alice = new Session(platform, ends[0], calling)
  const bob = new Session(
    isDead ? { ...platform, later: () => () => undefined } : platform,
    ...([ends[1], answering] as const),
  )
  const stop = () => {
    for (const one of [alice, bob]) one.close()
    clock.stop()
  }
  return { clock, ends, alice, bob, [Symbol.dispose]: stop }
}
