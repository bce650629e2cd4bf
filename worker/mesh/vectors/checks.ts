/**
 * What `noise/` and `cpace/` must do with published vectors, as a list that any runner can go through: `node:test` does in
 * `vectors.node.test.ts`, real browsers in `vectors.test.ts`. Nothing but tests imports this folder.
 */
import { x25519 } from '@noble/curves/ed25519.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { CPace, type CPaceOptions } from '../cpace/cpace.js'
import { generator, generatorString, multiplyTheirs } from '../cpace/group.js'
import { lengthValues } from '../cpace/strings.js'
import { Handshake, type NoisePlatform, type Session } from '../noise/handshake.js'
import type { StaticKey } from '../noise/keys.js'
import type { Pattern } from '../noise/patterns.js'
import { CPACE_GENERATOR, CPACE_INVALID, CPACE_MULTIPLY, CPACE_RUN, CPACE_STRINGS } from './cpace.js'
import { CACOPHONY, NOISE_C, SNOW } from './noise.js'

export interface Check {
  readonly name: string
  run(platform: NoisePlatform): Promise<void>
}

export const checks: readonly Check[] = [
  check('Noise: cacophony', CACOPHONY, handshake),
  check('Noise: noise-c', NOISE_C, handshake),
  check('Noise: snow', SNOW, handshake),
  check('CPace: strings', CPACE_STRINGS, async (_, [result, ...strings]) => {
    same(lengthValues(...strings.map(bytes)), bytes(result))
  }),
  check('CPace: generator', CPACE_GENERATOR, async (_, vector) => {
    const [code, channel, session, string, point] = vector.map(bytes) as Five
    same(generatorString(code, channel, session), string)
    same(generator(string).toBytes(), point)
  }),
  check('CPace: scalar_mult_vfy', CPACE_MULTIPLY, async (_, [scalar, point, result]) => {
    same(multiplyTheirs(bytes(scalar), bytes(point)), bytes(result))
  }),
  check('CPace: shares that are none', CPACE_INVALID, async ({ random }, [scalar, point]) => {
    const nothing = new Uint8Array()
    for (const initiator of [true, false]) {
      const options = { code: '', channel: nothing, session: nothing, initiator, scalar: bytes(scalar) }
      const refused = codeOf(() => new CPace(random, options).finish(bytes(point)))
      if (refused !== 'mesh/handshake') throw new Error(`${refused} instead of mesh/handshake`)
    }
  }),
  check('CPace: a run', CPACE_RUN, async ({ random }, [prs, ci, sid, ...rest]) => {
    const [ya, ada, Ya, yb, adb, Yb, K, isk] = rest.map(bytes) as [...Five, ...Three]
    const both = { code: String.fromCharCode(...bytes(prs)), channel: bytes(ci), session: bytes(sid) }
    const side = (options: Omit<CPaceOptions, keyof typeof both>) =>
      new CPace(random, { ...both, ...options })
    const alice = side({ initiator: true, associated: ada, scalar: ya })
    const bob = side({ initiator: false, associated: adb, scalar: yb })
    same(alice.share, Ya)
    same(bob.share, Yb)
    same(multiplyTheirs(ya, Yb), K)
    same(multiplyTheirs(yb, Ya), K)
    const [alices, bobs] = [alice.finish(Yb, adb), bob.finish(Ya, ada)]
    same(alices.key, isk)
    same(bobs.key, isk)
    same(alices.expected, bobs.confirmation)
    same(bobs.expected, alices.confirmation)
  }),
]

type Three = [Uint8Array, Uint8Array, Uint8Array]
type Five = [...Three, Uint8Array, Uint8Array]

/** Both sides write and read every message of the vector. */
async function handshake(platform: NoisePlatform, vector: string[]): Promise<void> {
  const [pattern, prologue, ...rest] = vector
  const [initStatic, initEphemeral, respStatic, respEphemeral, psk, hash, ...messages] = rest
  const side = (initiator: boolean, secret: string, ephemeral: string, theirs: string) =>
    new Handshake(platform, {
      pattern: pattern as Pattern,
      initiator,
      prologue: bytes(prologue),
      own: staticKey(bytes(secret)),
      ephemeral: bytes(ephemeral),
      ...(pattern === 'IK' && initiator ? { theirs: staticKey(bytes(theirs)).publicKey } : {}),
      ...(psk === '-' ? {} : { psk: bytes(psk) }),
    })
  const alice = side(true, initStatic!, initEphemeral!, respStatic!)
  const bob = side(false, respStatic!, respEphemeral!, initStatic!)
  let sessions: readonly [Session, Session] | undefined
  for (const [i, message] of messages.entries()) {
    const [payload, ciphertext] = message.split(':').map(bytes) as [Uint8Array, Uint8Array]
    if (alice.done && bob.done) sessions ??= [await alice.finish(), await bob.finish()]
    const [writer, reader] = i % 2 === 0 ? [0, 1] : [1, 0]
    if (sessions) {
      same(await sessions[writer]!.send.seal(payload), ciphertext)
      same(await sessions[reader]!.receive.open(ciphertext), payload)
    } else {
      const sides = [alice, bob]
      same(await sides[writer]!.write(payload), ciphertext)
      same(await sides[reader]!.read(ciphertext), payload)
    }
  }
  for (const session of sessions!) if (hash !== '-') same(session.hash, bytes(hash))
  same(alice.theirs!, staticKey(bytes(respStatic)).publicKey)
  same(bob.theirs!, staticKey(bytes(initStatic)).publicKey)
}

const staticKey = (secret: Uint8Array): StaticKey => ({
  publicKey: x25519.getPublicKey(secret),
  agree: async (theirs) => x25519.getSharedSecret(secret, theirs),
})

/** @param vectors one a line, its parts separated by spaces */
function check(
  name: string,
  vectors: string,
  one: (platform: NoisePlatform, vector: string[]) => Promise<void>,
): Check {
  const lines = vectors.trim().split('\n')
  return {
    name: `${name} (${lines.length})`,
    async run(platform) {
      for (const line of lines)
        await one(platform, line.split(' ')).catch((e: Error) => {
          throw new Error(`${e.message}, in ${line}`)
        })
    },
  }
}

const bytes = (hex: string | undefined): Uint8Array => hexToBytes(hex === '-' ? '' : hex!)

function codeOf(run: () => unknown): unknown {
  try {
    run()
  } catch (e) {
    return (e as { code?: string }).code ?? e
  }
  return undefined
}

function same(is: Uint8Array, should: Uint8Array): void {
  const [a, b] = [is, should].map(bytesToHex)
  if (a !== b) throw new Error(`${a} instead of ${b}`)
}
