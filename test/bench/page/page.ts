/**
 * Drives the system of a page, and tells times. Times are milliseconds: `readable` since navigation began, all
 * others on the clock that the tabs of a machine share (`now`).
 */
import './system.js'

/** [index, deleteCount, insert] */
export type Edit = readonly [number, number, string]

const now = () => performance.timeOrigin + performance.now()
const { system } = window
const asked = new URLSearchParams(location.search)

/** About forty characters, no two alike. */
const titleOf = (n: number) => `Note ${n}: what was said on that morning, ${n % 97}`.slice(0, 44)

/** Ends when all notes are shown and each title was read. */
const opened = (async () => {
  await system.open(asked.has('limit') ? Number(asked.get('limit')) : undefined)
  system.read()
  return { ms: performance.now(), size: system.size() }
})()

function until(met: () => boolean, listen: (run: () => void) => void): Promise<number> {
  return new Promise((resolve) => {
    let done = false
    const check = () => {
      if (done || !met()) return
      done = true
      resolve(now())
    }
    listen(check)
    check()
  })
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let kept: Promise<number> | undefined

export const bench = {
  readable: () => opened,

  /** Makes notes in bursts, each durable before the next. */
  async seed(count: number, burst = 5_000): Promise<void> {
    for (let from = system.size(), end = from + count; from < end; from += burst) {
      system.create(Array.from({ length: Math.min(burst, end - from) }, (_, i) => titleOf(from + i)))
      await system.flush()
    }
  },

  /** When it began, when all calls had returned, and when all was durable. */
  async burst(count: number): Promise<{ began: number; made: number; durable: number }> {
    const titles = Array.from({ length: count }, (_, n) => titleOf(n))
    const began = now()
    system.create(titles)
    const made = now()
    await system.flush()
    return { began, made, durable: now() }
  },

  /** When this tab shows `count` notes, and has read the title of each. */
  seen: (count: number) =>
    until(
      () => system.size() >= count && system.read() > 0,
      (run) => system.onNotes(run),
    ),

  /** Changes a title again and again, each after the other tab has heard of the one before; when each began. */
  async say(name: string, count: number, pauseMs: number): Promise<number[]> {
    const times: number[] = []
    const line = new BroadcastChannel('bench')
    for (let n = 0; n < count; n++) {
      await wait(pauseMs)
      const heard = new Promise((resolve) => (line.onmessage = resolve))
      times.push(now())
      system.setTitle(0, `${name} ${n}`)
      await heard
    }
    line.close()
    return times
  },

  /** When each of the titles of `say` was here. */
  async hear(name: string, count: number): Promise<number[]> {
    const times: number[] = []
    const line = new BroadcastChannel('bench')
    await until(
      () => {
        if (system.title(0) !== `${name} ${times.length}`) return false
        times.push(now())
        line.postMessage('heard')
        return times.length === count
      },
      (run) => system.onNote(0, run),
    )
    line.close()
    return times
  },

  /** Changes a title and waits until that is kept, again and again; how long each took. */
  async writes(count: number): Promise<number[]> {
    const times: number[] = []
    for (let n = 0; n < count; n++) {
      const began = now()
      system.setTitle(0, `write ${n}`)
      await system.flush()
      times.push(now() - began)
    }
    return times
  },

  titles: () => Array.from({ length: system.size() }, (_, index) => system.title(index)),

  /** Makes notes titled `<name>/<n> <edit>` and edits each three times, until the browser is killed. */
  async writeForEver(name: string): Promise<void> {
    const { acknowledge } = window as unknown as { acknowledge(name: string, edit: number): unknown }
    for (let n = 0; ; n++) {
      const index = system.size()
      system.create([`${name}/${n} 0`])
      for (let edit = 0; edit <= 3; edit++) {
        if (edit > 0) system.setTitle(index, `${name}/${n} ${edit}`)
        await system.flush()
        void acknowledge(`${name}/${n}`, edit)
      }
    }
  },

  openText: (make: boolean) => system.openText(make),
  flush: () => system.flush(),

  /**
   * Types, every edit on its own, as keystrokes are: nothing may take them together as one.
   * @returns when it began, and when the last call had returned
   */
  async type(edits: readonly Edit[]): Promise<{ began: number; made: number }> {
    const began = now()
    for (const [index, deleteCount, insert] of edits) {
      system.splice(index, deleteCount, insert)
      await undefined
    }
    const made = now()
    kept = system.flush().then(now)
    return { began, made }
  },

  /** When all that was typed was durable. */
  typed: () => kept,

  /** When the text here has this length and is this one. */
  textSeen: (wanted: string) =>
    until(
      () => {
        const text = system.text()
        return text.length === wanted.length && text === wanted
      },
      (run) => system.onText(run),
    ),

  text: () => system.text(),

  /** Says that this tab is there, and resolves when it has heard from all. `mine` is the note it writes to. */
  async probe(mine: number, tabs: number, word: string): Promise<number> {
    system.setTitle(mine, word)
    const others = Array.from({ length: tabs }, (_, n) => n)
    return until(
      () => others.every((n) => system.title(n) === word),
      (run) => others.forEach((n) => system.onNote(n, run)),
    )
  },
}

export type Bench = typeof bench

declare global {
  interface Window {
    bench: Bench
  }
}
window.bench = bench
