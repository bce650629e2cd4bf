/**
 * What ECHO needs of the world around it, declared here and supplied by the runtime: a clock for people's eyes,
 * randomness, hashing, and Automerge's wasm. So the same code runs in a SharedWorker, in Node, and in a simulation.
 */
export interface EchoPlatform {
  /** Milliseconds since 1970: shown to people, never compared by the machine. */
  now(): number
  random(bytes: number): Uint8Array
  sha256(bytes: Uint8Array): Promise<Uint8Array>
  /** Resolves once Automerge can be used. Repeating it costs nothing. */
  automerge(): Promise<void>
  /** Runs later, when there is nothing more urgent; returns a way to call it off. */
  later(run: () => void, ms: number): () => void
  /** Entries that no checkpoint stands for, from which on one is made: where not said, as many as pay. */
  readonly checkpointAfter?: number
}
