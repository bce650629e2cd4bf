/** All cells of one fault, in one arena; at the end the browser is killed, and the disk must have everything. */
import { within } from '../e2e/wait.js'
import type { EngineName } from '../engines/engine.js'
import { Ledger } from './ledger.js'
import { Arena, load as machineLoad } from './arena.js'
import { runCycle, type CycleOptions, type CycleResult } from './cycle.js'
import { faults } from './faults.js'
import type { Cell } from './plan.js'
import { reportOf, type CellReport } from './report.js'

/** The longest that a store of many cycles may take to open, on a machine that is busy, in milliseconds. */
const READ_MS = 60_000

export class Row implements AsyncDisposable {
  private readonly results = new Map<Cell, CycleResult[]>()

  private constructor(private readonly arena: Arena) {}

  static async open(engine: EngineName, fault: Cell['fault']): Promise<Row> {
    return new Row(await Arena.open(engine, faults[fault]))
  }

  /** @param seed of the first cycle; each further one has the next */
  async run(
    cell: Cell,
    cycles: number,
    seed: number,
    options: (cycle: number) => CycleOptions,
    tell: (line: string) => void = () => undefined,
  ): Promise<CellReport> {
    const results: CycleResult[] = []
    this.results.set(cell, results)
    for (let n = 0; n < cycles; n++) {
      const result = await runCycle(this.arena, cell, seed + n, options(n))
      // What was there before is gone, as the user wanted it.
      if (cell.fault === 'storage-cleared')
        for (const { ledger } of [...this.results.values()].flat()) ledger.forget()
      results.push(result)
      const { lost, stalls, broken, seen } = result
      const wrong = [...lost, ...stalls, ...broken]
      if (wrong.length > 0)
        tell(
          `  ${cell.fault}/${cell.load}, seed ${result.seed}, load of the machine ${machineLoad()}:\n    ${[...wrong.slice(0, 12), ...seen].join('\n    ')}`,
        )
    }
    return reportOf(cell, results)
  }

  /** @returns what the disk does not have, of any cycle so far; by cell */
  async checkDisk(): Promise<Map<Cell, string[]>> {
    await this.arena.killBrowser()
    const found = new Map<Cell, string[]>()
    for (const [cell, results] of this.results) {
      const wrong: string[] = []
      found.set(cell, wrong)
      for (const { ledger, seed } of results)
        try {
          wrong.push(...(await this.onDisk(ledger, seed)))
        } catch (e) {
          // What cannot be read is not there. The other faults have arenas of their own.
          wrong.push(`seed ${seed}, after the last kill: ${String((e as Error).message).split('\n')[0]}`)
          break
        }
    }
    return found
  }

  private async onDisk(ledger: Ledger, seed: number): Promise<string[]> {
    const nothing = { acknowledged: () => undefined, error: () => undefined }
    // It was cleared, or the cycle had come to nothing.
    if (ledger.acknowledged === 0) return []
    const tab = await this.arena.tab({ cycle: ledger.cycle, tab: 9, seed, mayLack: true }, nothing)
    await within('a tab that reads what is on the disk', tab.opened, READ_MS)
    const { lost, torn } = ledger.check(await tab.shown())
    await this.arena.close(tab)
    return [...lost, ...torn].map((text) => `seed ${seed}, after the last kill: ${text}`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.arena.end()
  }
}
