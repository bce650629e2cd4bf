/**
 * How a session begins on a link. The first frame says which version and pattern, in the clear; both are part of what the handshake
 * is about, so that whoever changes them on the way ends it. Nothing else is done on a link before it has succeeded.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { HearthError, toHearthError } from '../protocol/errors.js'
import { FRAME_COST, HANDSHAKE_MS, WIRE_VERSION } from '../protocol/wire.js'
import { MAX_EARLY, silent, type Link } from './link.js'
import { Handshake } from './noise/handshake.js'
import type { Pattern } from './noise/patterns.js'
import type { MeshPlatform, StaticKey } from './platform.js'
import type { Agreed } from './session.js'

const PATTERNS: readonly Pattern[] = ['XX', 'IK', 'XXpsk3']

/** Of whoever answers, and need not reach anybody. */
export type HandshakePlatform = Omit<MeshPlatform, 'socket'>

export interface Beginning {
  readonly own: StaticKey
  /** Where the two meet: it is part of what they agree on. */
  readonly topic: Uint8Array
  /** Of an invitation: 32 bytes that both know. */
  readonly psk?: Uint8Array
}

/** @param theirs where it is known whom this is to be @throws HearthError `mesh/handshake`, `mesh/timeout`, `mesh/version`, `mesh/closed` */
export function call(
  platform: HandshakePlatform,
  link: Link,
  { own, topic, psk }: Beginning,
  theirs?: Uint8Array,
): Promise<Agreed> {
  const pattern: Pattern = psk ? 'XXpsk3' : theirs ? 'IK' : 'XX'
  return within(platform, link, async (frames) => {
    const handshake = new Handshake(platform, {
      ...{ pattern, initiator: true, prologue: prologue(pattern, link, topic), own },
      ...(psk ? { psk } : theirs && { theirs }),
    })
    const first = await handshake.write(new Uint8Array())
    link.send(new Uint8Array([WIRE_VERSION, PATTERNS.indexOf(pattern), ...first]))
    await handshake.read(answered(await frames()))
    if (!handshake.done) link.send(await handshake.write(new Uint8Array()))
    return agreed(handshake)
  })
}

/** @throws as `call` */
export function answer(
  platform: HandshakePlatform,
  link: Link,
  { own, topic, psk }: Beginning,
): Promise<Agreed> {
  return within(platform, link, async (frames) => {
    const [version, index, ...first] = await frames()
    if (version !== WIRE_VERSION) {
      link.send(Uint8Array.of(WIRE_VERSION, 0))
      throw new HearthError('mesh/version', { theirs: version ?? 0, ours: WIRE_VERSION })
    }
    const pattern = PATTERNS[index!]
    // Who has to know the secret of an invitation cannot do without it.
    // defence: pattern-of-the-place
    if (!pattern || (pattern === 'XXpsk3') !== !!psk) throw new HearthError('mesh/handshake')
    const handshake = new Handshake(platform, {
      ...{ pattern, initiator: false, prologue: prologue(pattern, link, topic), own },
      ...(pattern === 'XXpsk3' && psk && { psk }),
    })
    await handshake.read(Uint8Array.from(first))
    link.send(await handshake.write(new Uint8Array()))
    if (!handshake.done) await handshake.read(await frames())
    return agreed(handshake)
  })
}

const prologue = (pattern: Pattern, { kind }: Link, topic: Uint8Array) =>
  new Uint8Array([
    ...utf8ToBytes(`hearth/session/${WIRE_VERSION}/`),
    // defence: kind-agreed
    ...utf8ToBytes(kind),
    ...utf8ToBytes(`/${pattern}\0`),
    // defence: topic-agreed
    ...topic,
  ])

/** Two bytes are no message of a handshake: they say which version the other side speaks. */
function answered(frame: Uint8Array): Uint8Array {
  if (frame.length === 2) throw new HearthError('mesh/version', { theirs: frame[0]!, ours: WIRE_VERSION })
  return frame
}

async function agreed(handshake: Handshake): Promise<Omit<Agreed, 'early'>> {
  const { hash, send, receive } = await handshake.finish()
  return { theirs: handshake.theirs!, hash, send, receive }
}

async function within(
  { later }: HandshakePlatform,
  link: Link,
  run: (frames: () => Promise<Uint8Array>) => Promise<Omit<Agreed, 'early'>>,
): Promise<Agreed> {
  const came: Uint8Array[] = []
  let early = 0
  let wanted: ((frame: Uint8Array) => void) | undefined
  let fail: (e: HearthError) => void = silent
  const failed = new Promise<never>((_, reject) => (fail = reject))
  failed.catch(silent)
  link.onFrame = (frame) => {
    early += frame.length + FRAME_COST
    // defence: early-frames
    if (early > MAX_EARLY) return fail(new HearthError('mesh/malformed', { reason: 'a flood' }))
    if (!wanted) return void came.push(frame)
    wanted(frame)
    wanted = undefined
  }
  link.onClosed = () => fail(new HearthError('mesh/closed'))
  const cancel = later(() => fail(new HearthError('mesh/timeout', { ms: HANDSHAKE_MS })), HANDSHAKE_MS)
  const frames = () => {
    const next = came.shift()
    return next ? Promise.resolve(next) : new Promise<Uint8Array>((resolve) => (wanted = resolve))
  }
  try {
    const result = await Promise.race([run(frames), failed])
    return { ...result, early: came }
  } catch (e) {
    link.close()
    throw toHearthError(e, 'mesh/handshake')
  } finally {
    cancel()
  }
}
