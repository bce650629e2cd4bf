/**
 * The disk of a KUBE in memory. A write takes its time; when power is lost before it has ended, it may be there or not, and nobody hears
 * which. What was once there can come back: as an older state, or as nothing.
 */
import type { Key } from 'lmdb'
import type { Found, Row, Rows } from '../../../kube/replicas/rows.js'
import { HearthError } from '../../../worker/protocol/errors.js'
import type { DeviceId } from '../../../worker/protocol/ids.js'
import { covers } from './holds.js'
import type { World } from './world.js'

type State = ReadonlyMap<string, Found>

/** Longest that a write takes, in milliseconds. */
const WRITE_MS = 20
/** Later than what came before it, by so much at least, in milliseconds. */
const A_BIT = 0.001

export class KubeDisk {
  private rows: State = new Map()
  /** Keys of all that was ever there; and heads of checkpoints. */
  private readonly ever = new Set<string>()
  private readonly heads: Found[] = []
  /** How often something was taken from it. */
  losses = 0
  private life = 0
  /** What is on its way to it, in order. */
  private underway: (() => void)[] = []
  /** When the last of that is there. */
  private last = 0

  constructor(private readonly world: World) {}

  /** All that is there. */
  get state(): State {
    return this.rows
  }

  has(...key: Key[]): boolean {
    return this.rows.has(text(key))
  }

  /** Whether it has an entry, or a checkpoint that stands for it. @param name of the space between devices */
  async holds(name: string, feed: DeviceId, seq: number): Promise<boolean> {
    const head = this.rows.get(text(['checkpoint', name]))
    return this.has('entry', name, feed, seq) || (!!head && covers(head.value, feed, seq))
  }

  /** Whether it has had that, be it lost since. */
  async hasHeld(name: string, feed: DeviceId, seq: number): Promise<boolean> {
    if (this.ever.has(text(['entry', name, feed, seq]))) return true
    const heads = this.heads.filter(({ key }) => key[1] === name)
    return (await Promise.all(heads.map(({ value }) => covers(value, feed, seq)))).includes(true)
  }

  /** Power is lost: of what is on its way, some is there. Nobody who has it open reads or writes any more. */
  crash(): void {
    this.life++
    for (const apply of this.underway.splice(0, this.world.random.between(0, this.underway.length))) apply()
    this.underway = []
  }

  /** While it is off. @param state nothing, or what was there before */
  become(state: State): void {
    this.rows = state
    this.losses++
  }

  open(): Rows {
    const life = this.life
    const stillOpen = () => {
      if (life !== this.life) throw new HearthError('store/unavailable')
    }
    const under = (prefix: readonly Key[]): Found[] =>
      [...this.rows.values()]
        .filter(({ key }) => prefix.every((part, i) => key[i] === part))
        .sort((a, b) => compare(a.key, b.key))
        .map(({ key, value }) => ({ key, value: Uint8Array.from(value) }))
    return {
      get: (key) => {
        stillOpen()
        const found = this.rows.get(text(key))
        return found && Uint8Array.from(found.value)
      },
      rows: (prefix) => {
        stillOpen()
        return under(prefix)
      },
      keys: (prefix, before = Infinity, most) => {
        stillOpen()
        const keys = under(prefix).map(({ key }) => key)
        return keys.filter((key) => !((key[prefix.length] as number) >= before)).slice(0, most)
      },
      bytesAt: (key) => {
        stillOpen()
        return this.rows.get(text(key))?.value.length ?? 0
      },
      portion: (prefix, after, bytes) => {
        stillOpen()
        let left = bytes
        const later = under(prefix).filter(({ key }) => (key[prefix.length] as number) > after)
        return later.filter(({ value }, i) => (left -= value.length) >= 0 || i === 0)
      },
      write: async (puts, deletes = []) => {
        stillOpen()
        await this.write(puts, deletes)
        // Whoever lost power does not go on.
        if (life !== this.life) await new Promise(() => undefined)
      },
      close: async () => undefined,
    }
  }

  private write(puts: readonly Row[], deletes: readonly Key[]): Promise<void> {
    const taken = puts.map(([key, value]): Found => ({ key: key as Key[], value: Uint8Array.from(value) }))
    const apply = () => {
      const rows = new Map(this.rows)
      for (const one of taken) {
        rows.set(text(one.key), one)
        this.ever.add(text(one.key))
        if (one.key[0] === 'checkpoint') this.heads.push(one)
      }
      for (const key of deletes) rows.delete(text(key))
      if (deletes.length > 0) this.losses++
      this.rows = rows
    }
    this.underway.push(apply)
    this.last = Math.max(this.last + A_BIT, this.world.time + this.world.random.between(1, WRITE_MS))
    return new Promise((resolve) => {
      this.world.at(this.last, () => {
        if (this.underway[0] !== apply) return
        this.underway.shift()
        apply()
        resolve()
      })
    })
  }
}

const text = (key: Key): string => JSON.stringify(key)

/** As LMDB has them: numbers before text. */
function compare(a: readonly Key[], b: readonly Key[]): number {
  for (const [i, one] of (a as readonly (string | number)[]).entries()) {
    const other = b[i] as string | number | undefined
    if (other === undefined) return 1
    if (one === other) continue
    if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1
    return one < other ? -1 : 1
  }
  return a.length - b.length
}
