/** One run of the bench: who takes part, how often, and what came out. */
import { setTimeout as sleep } from 'node:timers/promises'
import { within } from '../e2e/wait.js'
import { Arena } from './arena.js'
import { Rows, type RowSpec } from './rows.js'
import type { BenchServer } from './server.js'
import type { SystemName } from './systems.js'

/** The longest that one measurement may take. */
const MEASURE_MS = 240_000
/** What was started goes on for a moment: a browser settles before it is measured. */
const QUIET_MS = 300

export type Measure = (arena: Arena, rep: number) => Promise<void>

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
  async alternate(notes: number, measure: Measure, systems = this.systems): Promise<void> {
    const arenas: Arena[] = []
    try {
      for (const system of systems) {
        const arena = await this.attempt(system, () => Arena.open(this.server, system, notes))
        if (arena) arenas.push(arena)
        await arena?.stop()
      }
      for (let rep = 0; rep < this.reps; rep++)
        for (const arena of [...arenas]) {
          const done = await this.attempt(arena.system, () => this.once(arena, measure, rep))
          if (!done) arenas.splice(arenas.indexOf(arena), 1)
          if (!done) await arena.close()
        }
    } finally {
      for (const arena of arenas) await arena.close()
    }
  }

  /** As `alternate`, with a new profile for every measurement: for what leaves something behind. */
  async alternateAnew(measure: Measure, systems = this.systems): Promise<void> {
    const failed = new Set<SystemName>()
    for (let rep = 0; rep < this.reps; rep++)
      for (const system of systems.filter((name) => !failed.has(name))) {
        const done = await this.attempt(system, async () => {
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

  private async once(arena: Arena, measure: Measure, rep: number): Promise<true> {
    await arena.start()
    await sleep(QUIET_MS)
    await within(`a measurement of ${arena.system}`, measure(arena, rep), MEASURE_MS)
    await arena.stop()
    return true
  }

  /** A peer that fails is left out, and said so; the floor and Hearth must not fail. */
  private async attempt<T>(system: SystemName, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run()
    } catch (cause) {
      if (system === 'floor' || system === 'hearth' || system === 'blank') throw cause
      console.warn(`${system} is left out of this row: ${String(cause).split('\n')[0]}`)
      return undefined
    }
  }
}
