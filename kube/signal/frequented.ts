/**
 * Topics at which somebody has been who may use this KUBE, as far as that is remembered. Nobody guesses a topic: whoever comes to one of these has it from those who
 * meet there.
 */
const REMEMBERED = 1 << 16

export class Frequented {
  readonly #topics = new Set<string>()

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  add(topic: string): void {
    // The last to have been somewhere is the last to be forgotten.
    this.#topics.delete(topic)
    this.#topics.add(topic)
    const [first] = this.#topics
    if (this.#topics.size > REMEMBERED) this.#topics.delete(first!)
  }
}
