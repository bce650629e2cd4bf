/** One cycle of a cell: tabs open, write, meet the fault, and must be live again with all that was acknowledged. */
import { Random } from '../e2e/random.js'
import { until, within } from '../e2e/wait.js'
import type { Arena } from './arena.js'
import { faults, LIMIT_MS, type Scene } from './faults.js'
import type { Shown } from './agent.js'
import { Ledger } from './ledger.js'
import type { Cell } from './plan.js'
import { pause, type Tab, type TabEvents } from './tab.js'
import { witness } from './witness.js'

/** Longest wait for a cycle, in milliseconds: a browser that is gone answers nothing. */
const CYCLE_MS = 150_000

export interface CycleOptions {
  /** Tabs that are open when the fault strikes. */
  readonly tabs: number
  readonly long: boolean
  /** How many times the limit a tab may take to be live: more than once where other tests run beside it. */
  readonly leeway?: number
}

export interface CycleResult {
  readonly seed: number
  readonly ledger: Ledger
  /** Batches that were, when the cycle had ended. */
  readonly acknowledged: number
  /** Until the last tab was live again or had said why not, in milliseconds; undefined if one never was. */
  readonly recoverMs: number | undefined
  readonly lost: readonly string[]
  readonly stalls: readonly string[]
  /** There in part or twice, thrown in a page, or not as it was to be. */
  readonly broken: readonly string[]
  /** Codes that tabs gave, for people to read. */
  readonly codes: readonly string[]
  /** What there was when a tab was not live in time. */
  readonly seen: readonly string[]
}

export async function runCycle(
  arena: Arena,
  cell: Cell,
  seed: number,
  options: CycleOptions,
): Promise<CycleResult> {
  const cycle = new Cycle(arena, cell, seed, options)
  try {
    await within('a cycle to end', cycle.run(), CYCLE_MS)
  } catch (cause) {
    cycle.broken.push(String((cause as Error).stack ?? cause))
    // Whatever it was that broke, the next cycle is not to meet it; the browser itself may be gone.
    await arena.killBrowser()
  }
  return cycle.result()
}

class Cycle {
  readonly broken: string[] = []
  private readonly lost: string[] = []
  private readonly stalls: string[] = []
  private readonly seen: string[] = []
  private readonly codes = new Set<string>()
  private recoverMs: number | undefined
  private readonly ledger: Ledger
  private readonly random: Random
  private readonly name: string
  private readonly events: TabEvents
  private opened = 0
  private asked = 0

  constructor(
    private readonly arena: Arena,
    private readonly cell: Cell,
    private readonly seed: number,
    private readonly options: CycleOptions,
  ) {
    this.name = `${cell.fault}-${cell.load}-${seed}`
    this.random = new Random(seed)
    this.ledger = new Ledger(this.name)
    this.events = {
      acknowledged: (tab, n) => this.ledger.acknowledge(tab, n),
      error: (text) => this.broken.push(text),
    }
  }

  result(): CycleResult {
    const { seed, ledger, lost, stalls, broken, seen } = this
    const recoverMs = stalls.some((stall) => stall.includes('never')) ? undefined : this.recoverMs
    return {
      seed,
      ledger,
      acknowledged: ledger.acknowledged,
      recoverMs,
      lost,
      stalls,
      broken,
      codes: [...this.codes],
      seen,
    }
  }

  async run(): Promise<void> {
    const { arena, cell, random, options } = this
    const fault = faults[cell.fault]
    await arena.empty()
    await fault.prepare?.(arena)
    const tabs = await (cell.load === 'first-load' ? this.opening() : this.working())
    const wereOpen = new Set(tabs.filter((tab) => tab.isOpen))
    await Promise.all([...wereOpen].map((tab) => tab.instance()))
    let { worker } = fault
    const scene: Scene = {
      ...{ arena, load: cell.load, random, long: options.long, tabs, wereOpen },
      open: (client) => this.open(client),
      reopen: () => this.openAll(),
      live: (since, some = arena.tabs) => this.live(since, some, false),
      changesWorker: () => (worker = 'either'),
      expect: (what, holds) => {
        if (!holds) this.broken.push(`not so: ${what}`)
      },
    }
    const since = await fault.strike(scene)
    if (cell.fault === 'storage-cleared') {
      this.ledger.restored = true
      // No tab had shown it, so none can bring it back.
      if (wereOpen.size === 0) this.ledger.forget()
    }
    await this.live(since, arena.tabs, worker === 'another')
    await fault.mend?.(scene)
    await this.settle()
    if (worker === 'same')
      for (const tab of arena.tabs.filter((tab) => wereOpen.has(tab))) {
        const before = tab.worker
        if ((await tab.instance()) !== before) this.broken.push('the worker has changed')
      }
    await this.compare()
  }

  private open(client?: 'older'): Promise<Tab> {
    const mayLack = this.cell.fault === 'storage-cleared' && this.cell.load === 'first-load'
    const options = { cycle: this.name, tab: this.opened++, seed: this.seed, mayLack }
    return this.arena.tab(options, this.events, client)
  }

  /** The first one starts the worker; the others come while it does. */
  private async openAll(): Promise<Tab[]> {
    const tabs: Tab[] = []
    for (let n = 0; n < this.options.tabs; n++) tabs.push(await this.open())
    return tabs
  }

  /** Tabs that write; the fault comes at any moment. */
  private async working(): Promise<Tab[]> {
    const tabs = [await this.open()]
    await within('the first tab to open', tabs[0]!.opened)
    while (tabs.length < this.options.tabs) tabs.push(await this.open())
    await within('all tabs to open', Promise.all(tabs.map((tab) => tab.opened)))
    await Promise.all(tabs.map((tab) => tab.begin(this.cell.load)))
    await until('a first acknowledgement for each tab', () =>
      tabs.every((tab) => this.ledger.has(tab.number)),
    )
    await pause(this.random.between(0, 400))
    return tabs
  }

  /** Something is stored, nothing is open, and tabs are on their way. */
  private async opening(): Promise<Tab[]> {
    const first = await this.open()
    await within('the first tab to open', first.opened)
    await first.begin('first-load')
    await until('what is stored', () => this.ledger.has(first.number))
    await this.arena.empty()
    const tabs = await this.openAll()
    for (const tab of tabs)
      tab.opened.then(() => tab.begin('first-load')).catch((e: unknown) => this.note(tab, e))
    await pause(this.random.between(0, 500))
    return tabs
  }

  private get limit(): number {
    return LIMIT_MS * (this.options.leeway ?? 1)
  }

  /** A tab that meets its end while it opens has not failed; one that should be live is told by `live`. */
  private note(tab: Tab, cause: unknown): void {
    if (this.arena.tabs.includes(tab)) this.codes.add(String((cause as Error).message).split('\n')[0]!)
  }

  private async live(since: number, tabs: readonly Tab[], another: boolean): Promise<void> {
    const key = String(++this.asked)
    const from = tabs.map((tab) => tab.number)
    const { allowed = [] } = faults[this.cell.fault]
    const { limit } = this
    const look = async () => void this.seen.push(...(await witness(this.arena)))
    const late = setTimeout(() => void look(), limit + 500)
    const answers = await Promise.allSettled(
      tabs.map((tab) => tab.live({ key, from, allowed, without: another ? tab.worker || '-' : '-' })),
    )
    clearTimeout(late)
    for (const [i, answer] of answers.entries()) {
      const tab = `tab ${from[i]}`
      if (answer.status === 'rejected') {
        this.stalls.push(`${tab} was never live: ${String(answer.reason.message).split('\n')[0]}`)
        continue
      }
      const { at, code } = answer.value
      const ms = at - since
      this.recoverMs = Math.max(this.recoverMs ?? 0, ms)
      if (code && !allowed.includes(code)) this.stalls.push(`${tab} was never live, and says ${code}`)
      else if (ms > limit) this.stalls.push(`${tab} was live after ${ms} ms`)
    }
  }

  /** Everything that tabs still have on their way becomes durable, or they say what does not. */
  private async settle(): Promise<void> {
    for (const tab of this.arena.tabs) {
      const { written, acknowledged, retried, refused, codes } = await tab.settle()
      for (const code of [...retried, ...codes]) this.codes.add(code)
      this.ledger.refuse(tab.number, refused)
      if (acknowledged < written && refused === '[]')
        this.stalls.push(
          `tab ${tab.number} has ${written} batches and ${acknowledged} durable ones (${codes.join(', ')})`,
        )
    }
  }

  /** All tabs show the same, and it is all there. */
  private async compare(): Promise<void> {
    const views = () => Promise.all(this.arena.tabs.map((tab) => tab.shown()))
    const same = until(
      'the same view',
      async () => new Set((await views()).map((view) => JSON.stringify(view))).size === 1,
      this.limit,
    )
    if (!(await same.catch(() => false)))
      this.broken.push(
        `tabs that are idle show different things: ${(await views()).map(inShort).join(' / ')}`,
      )
    for (const view of await views()) {
      const { lost, torn } = this.ledger.check(view)
      this.lost.push(...lost)
      this.broken.push(...torn)
      if (lost.length + torn.length > 0) break
    }
  }
}

const inShort = ({ text, count, objects }: Shown): string =>
  `${text.length} characters, count ${count}, ${objects.length} objects, ${objects.filter(({ edited }) => edited).length} edited`
