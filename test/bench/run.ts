/** One run of the bench: who takes part, how often, and what came out. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Arena } from './arena.js'
import { Rows, type Absence, type RowSpec } from './rows.js'
import type { BenchServer } from './server.js'
import { Stopped, stopAfter } from './stopped.js'
import { isPeer, without, type SystemName } from './systems.js'

/** The longest that one measurement may take. */
const MEASURE_MS = 240_000
/** What was started goes on for a moment: a browser settles before it is measured. */
const QUIET_MS = 300

export type Measure = (arena: Arena, rep: number) => Promise<void>

export interface Plan {
  /** What is measured: where a peer fails or is stopped, these rows say so. */
  readonly rows: readonly RowSpec[]
  /** Left out: all that take part in the run. */
  readonly systems?: readonly SystemName[]
  /** What the rows are about, if not everybody has it. */
  readonly about?: keyof typeof without
}

export class Run {
  readonly rows = new Rows()

  constructor(
    readonly server: BenchServer,
    /** The floor, Hearth, and the peers that were asked for. */
    readonly systems: readonly SystemName[],
    readonly reps: number,
    readonly quick: boolean,
  ) {}

  add(spec: RowSpec, { system }: { readonly system: SystemName }, ...values: number[]): void {
    this.rows.add(spec, system, ...values)
  }

  /** Systems alternate within each repetition, each on a profile of its own that holds `notes`; one runs at a time. */
  async alternate(notes: number, plan: Plan, measure: Measure): Promise<void> {
    const arenas: Arena[] = []
    try {
      for (const system of this.takePart(plan)) {
        const arena = await this.attempt(system, plan, () => Arena.open(this.server, system, notes))
        if (arena) arenas.push(arena)
        await arena?.stop()
      }
      for (let rep = 0; rep < this.reps; rep++)
        for (const arena of [...arenas]) {
          const done = await this.attempt(arena.system, plan, () => this.once(arena, measure, rep))
          if (!done) arenas.splice(arenas.indexOf(arena), 1)
          if (!done) await arena.close()
        }
    } finally {
      for (const arena of arenas) await arena.close()
    }
  }

  /** As `alternate`, with a new profile for every measurement: for what leaves something behind. */
  async alternateAnew(plan: Plan, measure: Measure): Promise<void> {
    const failed = new Set<SystemName>()
    const systems = this.takePart(plan)
    for (let rep = 0; rep < this.reps; rep++)
      for (const system of systems.filter((name) => !failed.has(name))) {
        const done = await this.attempt(system, plan, async () => {
          const arena = await Arena.open(this.server, system, 0)
          try {
            return await this.once(arena, measure, rep)
          } finally {
            await arena.close()
          }
        })
        if (!done) failed.add(system)
      }
  }

  /** Each system once, by itself: for what does not vary, or repeats within. */
  async each(plan: Plan, measure: (system: SystemName) => Promise<void>): Promise<void> {
    for (const system of this.takePart(plan))
      await this.attempt(system, plan, () => measure(system).then(() => true))
  }

  private takePart({ rows, systems = this.systems, about }: Plan): readonly SystemName[] {
    if (!about) return systems
    const lacking: Partial<Record<SystemName, string>> = without[about]
    for (const system of systems) {
      const why = lacking[system]
      if (why) for (const row of rows) this.rows.leave(row, system, { why })
    }
    return systems.filter((system) => !lacking[system])
  }

  private async once(arena: Arena, measure: Measure, rep: number): Promise<true> {
    await arena.start()
    await sleep(QUIET_MS)
    arena.begun = undefined
    await stopAfter(MEASURE_MS, () => arena.begun, measure(arena, rep))
    await arena.stop()
    return true
  }

  /** A peer that fails is left out from there on, and the table says why; the floor and Hearth must not fail. */
  private async attempt<T>(
    system: SystemName,
    { rows }: Plan,
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await run()
    } catch (cause) {
      if (!isPeer(system)) throw cause
      console.warn(`${system} is left out of ${rows[0]?.metric}: ${String(cause).split('\n')[0]}`)
      const why: Absence = cause instanceof Stopped && cause.ms ? { stoppedMs: cause.ms } : { why: 'failed' }
      for (const row of rows) this.rows.leave(row, system, why)
      return undefined
    }
  }
}
