/** Sets of entries of one log, by the number under which it has them: a parent's is always less than a child's. */

export class EntrySet {
  private bits: Uint32Array

  constructor(size = 0) {
    this.bits = new Uint32Array((size + 31) >>> 5)
  }

  has(n: number): boolean {
    return ((this.bits[n >>> 5] ?? 0) & (1 << (n & 31))) !== 0
  }

  add(n: number): void {
    this.grow((n >>> 5) + 1)
    this.bits[n >>> 5]! |= 1 << (n & 31)
  }

  addAll({ bits }: EntrySet): void {
    this.grow(bits.length)
    for (const [word, more] of bits.entries()) this.bits[word]! |= more
  }

  private grow(words: number): void {
    if (words <= this.bits.length) return
    const more = new Uint32Array(words)
    more.set(this.bits)
    this.bits = more
  }
}
