/**
 * What writes in a tab, and says what it sees there. `install` runs in a page, so it stands for itself: it can use
 * nothing of this module but types.
 *
 * Each tab numbers its batches from 1, and each batch is marked so that half of one shows: a keystroke is one character
 * that no other has, and one more in the document's count; a burst is objects that say how many they are, an edit of
 * every object of the burst before it, and one more in the count.
 */
import type * as Hearth from '../../client/index.js'
import type { Load } from './plan.js'

export interface AgentOptions {
  /** Names the cycle: nothing of another one is touched. */
  readonly cycle: string
  /** Of this cycle, from 0; the tab that is 0 makes the document, where there is none. */
  readonly tab: number
  readonly seed: number
  /** Whether the document may be missing. */
  readonly mayLack: boolean
}

export interface BurstObject {
  /** `cycle/tab/n` of the batch that made it. */
  readonly mark: string
  readonly i: number
  readonly of: number
  /** Mark of the tab's next burst, once that has been made. */
  readonly edited: string
}

/** What a tab shows of a cycle. */
export interface Shown {
  readonly text: string
  readonly count: number
  readonly objects: readonly BurstObject[]
}

export interface LivenessAsked {
  /** Names the question. */
  readonly key: string
  /** Numbers of the tabs whose writes are waited for. */
  readonly from: readonly number[]
  /** Codes that explain why a tab is not live. */
  readonly allowed: readonly string[]
  /** A worker that is gone, or going: nothing counts that it still does. */
  readonly without: string
}

export interface Liveness {
  /** Milliseconds since 1970: when writes of all were seen here, or when this tab said why not. */
  readonly at: number
  /** What it said. */
  readonly code?: string
}

export interface Settled {
  /** Batches written here that are to be durable now, and how many of them (from the first on) are. */
  readonly written: number
  readonly acknowledged: number
  /** Codes of writes that were refused, and could be written again. */
  readonly retried: readonly string[]
  /** What could not, as text in which its marks are found. */
  readonly refused: string
  /** Codes that flush() or a write gave meanwhile. */
  readonly codes: readonly string[]
}

export interface Agent {
  begin(load: Load): void
  /** One burst, not awaited; then `flush`. */
  burst(): void
  flush(): Promise<void>
  /** Writes, and waits until the same write of each of those tabs is seen here. */
  live(asked: LivenessAsked): Promise<Liveness>
  settle(): Promise<Settled>
  shown(): Shown
  instance(): string
  build(): string
  /** Grows as long as this page runs. */
  beats(): number
  rejected(): string[]
  /** Writes what takes room until it is refused. @returns the code, '' if nothing was refused */
  fill(chunk: string): Promise<string>
}

/** Characters of one tab, of a cycle: from here on, so many. */
export const FIRST_CHARACTER = 0x4e00
export const CHARACTERS = 2000

export async function install({ cycle, tab, seed, mayLack }: AgentOptions): Promise<void> {
  const home = (window.home = await window.opening)
  const opened = [`doc ${cycle}`, `burst ${cycle}`, `probe ${cycle}`].map((type) => home.query(type))
  // Something looks at each of them, as an app does.
  for (const query of opened) query.subscribe(() => undefined)
  await Promise.all(opened.map((query) => query.ready))
  const [docs, objects, probes] = opened as [Hearth.Query, Hearth.Query, Hearth.Query]
  let state = (seed * 31 + tab * 7919) >>> 0
  const chance = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const codes = new Set<string>()
  const codeOf = (e: unknown) => (e as { code?: string }).code ?? String(e)
  let written = 0
  let acknowledged = 0
  let running = false
  let beats = 0
  let last: Hearth.LiveObject[] = []
  setInterval(() => beats++, 20)
  /** Looks again whenever something changes: a timer of a tab in the background may take a second, whatever it is set to. */
  const until = <T>(look: () => T | undefined) =>
    new Promise<T>((resolve) => {
      const stops: (() => void)[] = []
      let found = false
      const check = () => {
        const value = found ? undefined : look()
        if (value === undefined) return
        found = true
        resolve(value)
        // Not those that are being made.
        queueMicrotask(() => stops.forEach((stop) => stop()))
      }
      for (const live of [home.status, home.rejected, docs, probes]) stops.push(live.subscribe(check))
    })

  if (tab === 0 && docs.value.length === 0) {
    home.space.add(`doc ${cycle}`, { text: hearth.text(''), count: 0 })
    await home.space.flush()
  }
  // A store that is cleared while the first tabs open may have none any more.
  if (!mayLack) await until(() => docs.value[0])

  const key = () => {
    const n = written + 1
    const doc = docs.value[0]!
    const character = String.fromCharCode(0x4e00 + tab * 2000 + n)
    home.space.batch(() => {
      hearth.splice(doc, 'text', Math.floor(chance() * (doc['text'].length + 1)), 0, character)
      hearth.increment(doc, 'count', 1)
    })
    written = n
  }
  const burst = () => {
    const n = written + 1
    const mark = `${cycle}/${tab}/${n}`
    // Now and then more than go into one entry.
    const of = n % 6 === 5 ? 300 : 20
    const made: Hearth.LiveObject[] = []
    home.space.batch(() => {
      for (let i = 0; i < of; i++) made.push(home.space.add(`burst ${cycle}`, { mark, i, of, edited: '' }))
      for (const object of last) object['edited'] = mark
      if (docs.value[0]) hearth.increment(docs.value[0], 'count', 1)
    })
    last = made
    written = n
  }
  const flush = async (upTo = written) => {
    try {
      await home.space.flush()
      acknowledged = Math.max(acknowledged, upTo)
      console.debug(`acknowledged ${upTo}`)
    } catch (e) {
      codes.add(codeOf(e))
    }
  }
  const loads: Record<Load, () => Promise<void>> = {
    idle: async () => {
      burst()
      await flush()
    },
    'first-load': async () => {
      burst()
      await flush()
    },
    typing: async () => {
      while (running && written < 1900) {
        if (!docs.value[0]) break
        key()
        if (written % 8 === 0) void flush()
        await sleep(2 + chance() * 10)
      }
    },
    bulk: async () => {
      while (running && written < 60) {
        burst()
        if (chance() < 0.7) await flush()
        await sleep(5 + chance() * 10)
      }
    },
  }
  let working: Promise<void> = Promise.resolve()

  window.agent = {
    begin: (load) => {
      running = true
      // A tab that cannot write any more has said why; what it says is looked at.
      working = loads[load]().catch((e: unknown) => void codes.add(codeOf(e)))
    },
    burst,
    flush: () => flush(),
    live: async ({ key, from, allowed, without }) => {
      const why = () => home.rejected.value.find(({ code }) => allowed.includes(code))?.code
      const failed = () => home.status.status === 'error'
      await until(() => home.status.value.worker.instance !== without || failed() || undefined)
      try {
        home.space.add(`probe ${cycle}`, { key, tab })
      } catch (e) {
        return { at: Date.now(), code: codeOf(e) }
      }
      const code = await until(() => {
        const seen = new Set(probes.value.filter((one) => one['key'] === key).map((one) => one['tab']))
        return from.every((one) => seen.has(one)) ? '' : why()
      })
      // What it had written for others went with the rest; they still wait for it.
      if (code === 'store/cleared') home.space.add(`probe ${cycle}`, { key, tab })
      return { at: Date.now(), ...(code && { code }) }
    },
    settle: async () => {
      running = false
      await working
      const retried: string[] = []
      // What was not durable when the store was cleared is on no disk, whatever comes of the retry.
      const upTo = home.rejected.value.some(({ code }) => code === 'store/cleared') ? acknowledged : written
      for (const one of [...home.rejected.value])
        await one.retry().then(
          () => retried.push(one.code),
          (e: unknown) => codes.add(codeOf(e)),
        )
      await flush(upTo)
      const refused = JSON.stringify(home.rejected.value.map(({ code, values }) => ({ code, values })))
      return { written: upTo, acknowledged, retried, refused, codes: [...codes] }
    },
    shown: () => {
      const doc = docs.value[0]
      return {
        text: String(doc?.['text'] ?? ''),
        count: Number(doc?.['count'] ?? 0),
        objects: objects.value.map((object) => {
          const { mark = '', i, of, edited } = hearth.plain(object) as unknown as BurstObject
          return { mark, i, of, edited }
        }),
      }
    },
    instance: () => home.status.value.worker.instance,
    build: () => home.status.value.worker.version.split('+')[1]!,
    beats: () => beats,
    rejected: () => home.rejected.value.map(({ code }) => code),
    fill: async (chunk) => {
      for (let n = 0; n < 30; n++) {
        home.space.add(`chunk ${cycle}`, { chunk: chunk + String(n) })
        try {
          await home.space.flush()
        } catch (e) {
          return codeOf(e)
        }
      }
      return ''
    },
  }
}
