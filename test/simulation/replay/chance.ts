/**
 * Randomness that is not asked of a platform, which a seed could not repeat: `crypto.getRandomValues`, of new ids, and
 * `randomBytes`, of a KUBE's challenges. While a world is open, they are drawn from it.
 */
import nodeCrypto, { randomBytes, webcrypto } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { Random } from '../../e2e/random.js'

let chance: Random | undefined
let isInPlace = false

/** @param random from which everything is drawn until this is called again; undefined: real randomness */
export function chanceFrom(random: Random | undefined): void {
  chance = random
  if (!isInPlace) putInPlace()
}

/** What happens once in a process takes nothing from any seed. */
export async function withRealChance(run: () => Promise<void>): Promise<void> {
  const before = chance
  chance = undefined
  try {
    await run()
  } finally {
    chance = before
  }
}

export function randomOf(count: number): Uint8Array {
  return fill(new Uint8Array(count))
}

/** Four bytes of each draw. */
export function drawn(random: Random, bytes: Uint8Array): Uint8Array {
  for (let at = 0; at < bytes.length; at += 4) {
    const word = Math.floor(random.next() * 2 ** 32)
    for (let i = at; i < Math.min(at + 4, bytes.length); i++) bytes[i] = word >>> (8 * (i - at))
  }
  return bytes
}

const realBytes = randomBytes

const fill = (bytes: Uint8Array): Uint8Array => {
  if (chance) return drawn(chance, bytes)
  bytes.set(realBytes(bytes.length))
  return bytes
}

function putInPlace(): void {
  isInPlace = true
  const prototype = Object.getPrototypeOf(webcrypto) as { getRandomValues: unknown }
  prototype.getRandomValues = <T extends ArrayBufferView>(view: T): T => {
    fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    return view
  }
  const changed = nodeCrypto as { randomBytes: unknown }
  changed.randomBytes = (count: number, then?: Parameters<typeof randomBytes>[1]) =>
    then ? realBytes(count, then) : Buffer.from(randomOf(count))
  // Modules that import it by name have what the default export has.
  syncBuiltinESMExports()
}
