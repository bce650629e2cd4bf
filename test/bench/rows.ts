/** What was measured, as rows of the table. */
import { median, spread } from './stats.js'
import type { PeerName, SystemName } from './systems.js'

/** `ratio`: to the floor. `extra`: above the floor, in the row's unit. `most`: of the value itself. */
export interface Budget {
  readonly of: 'ratio' | 'extra' | 'most'
  readonly limit: number
}

export interface RowSpec {
  readonly metric: string
  readonly unit: 'ms' | 'MB' | 'kB' | 'writes' | 'slope'
  /** None where a figure is shown and not judged. */
  readonly budget?: Budget
}

/** As `--json` writes it. */
export interface Row {
  readonly metric: string
  readonly unit: string
  readonly floor: number | undefined
  /** Hearth's. */
  readonly value: number
  readonly ratio: number | undefined
  readonly budget: string | undefined
  readonly holds: boolean | undefined
  /** How many times the budget was needed: above 1 it is missed. */
  readonly used: number | undefined
  readonly peers?: Partial<Record<PeerName, { value: number; ratio: number | undefined }>>
  readonly reps: number
  /** Of Hearth's values: the distance between the quartiles, as part of the median. */
  readonly spread: number
}

export class Rows {
  private readonly found = new Map<string, { spec: RowSpec; values: Map<SystemName, number[]> }>()

  add(spec: RowSpec, system: SystemName, ...values: number[]): void {
    let row = this.found.get(spec.metric)
    if (!row) this.found.set(spec.metric, (row = { spec, values: new Map() }))
    row.values.set(system, [...(row.values.get(system) ?? []), ...values])
  }

  /** Those in which Hearth was measured. */
  get all(): Row[] {
    return [...this.found.values()].flatMap(({ spec, values }) =>
      values.has('hearth') ? [rowOf(spec, values)] : [],
    )
  }
}

function rowOf({ metric, unit, budget }: RowSpec, values: ReadonlyMap<SystemName, number[]>): Row {
  const own = values.get('hearth')!
  const value = median(own)
  // What a row compares with: the floor, or an empty tab.
  const base = values.get('floor') ?? values.get('blank')
  const floor = base && median(base)
  // A ratio of two slopes says nothing.
  const over = (figure: number) => (floor && unit !== 'slope' ? figure / floor : undefined)
  const peers = [...values].filter(([name]) => !['floor', 'hearth', 'blank'].includes(name))
  const used = budget && usedOf(budget, value, floor)
  return {
    metric,
    unit,
    floor,
    value,
    ratio: over(value),
    budget: budget && told(budget, unit),
    holds: used === undefined ? undefined : used <= 1,
    used,
    ...(peers.length > 0 && {
      peers: Object.fromEntries(
        peers.map(([name, list]) => [name, { value: median(list), ratio: over(median(list)) }]),
      ),
    }),
    reps: own.length,
    spread: spread(own),
  }
}

function usedOf({ of, limit }: Budget, value: number, floor: number | undefined): number | undefined {
  // Nothing may be lost: one write is already more than any share of the budget.
  if (of === 'most') return limit === 0 ? (value === 0 ? 0 : Infinity) : value / limit
  if (floor === undefined) return undefined
  return (of === 'ratio' ? value / floor : Math.max(0, value - floor)) / limit
}

function told({ of, limit }: Budget, unit: string): string {
  if (of === 'ratio') return `≤ ${limit} ×`
  return of === 'extra' ? `≤ floor + ${limit} ${unit}` : `≤ ${limit} ${unit}`
}
