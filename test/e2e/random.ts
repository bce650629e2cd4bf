/** Chance that can be repeated: the seed of a failed run is in its message. */
export class Random {
  private state: number

  constructor(readonly seed: number) {
    this.state = seed >>> 0
  }

  /** From 0 up to, not including, 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let x = this.state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)]!
  }
}

/** A whole positive number from the environment: how thorough a run is to be. */
export function setting(name: string, otherwise: number): number {
  const text = process.env[name]
  if (!text) return otherwise
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`${name} takes a whole number, not "${text}".`)
  return number
}

/** HEARTH_SEED, or a fresh one. */
export const freshSeed = (): number => setting('HEARTH_SEED', Math.floor(Math.random() * 2 ** 31))
