/** What was measured, as rows of the table. */
import { median, spread } from './stats.js'
import { isPeer, type PeerName, type SystemName } from './systems.js'

/** `ratio`: to the floor. `extra`: above the floor, in the row's unit. `most`: of the value itself. */
export interface Budget {
  readonly of: 'ratio' | 'extra' | 'most'
  readonly limit: number
}

/** A figure at several sizes, and how it grows with them. */
export interface Series {
  readonly figure: string
  readonly at: number | 'slope'
}

export interface RowSpec {
  readonly metric: string
  readonly unit: 'ms' | 'MB' | 'kB' | 'writes' | 'slope'
  /** None where a figure is shown and not judged. */
  readonly budget?: Budget
  readonly series?: Series
}

/** Why a peer has no figure: it has no such thing, it failed, or it was stopped when it had taken `stoppedMs`. */
export type Absence = { readonly why: string } | { readonly stoppedMs: number }

/** What a peer needed; or, if it was `stopped` after so many seconds, more than this; or why there is nothing. */
export interface Peer {
  readonly value?: number
  readonly ratio?: number | undefined
  readonly stopped?: number
  readonly absent?: string
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
  readonly peers?: Partial<Record<PeerName, Peer>>
  readonly reps: number
  /** Of Hearth's values: the distance between the quartiles, as part of the median. */
  readonly spread: number
  readonly series?: Series
}

interface Found {
  readonly spec: RowSpec
  readonly values: Map<SystemName, number[]>
  readonly absent: Map<SystemName, Absence>
}

export class Rows {
  private readonly found = new Map<string, Found>()

  add(spec: RowSpec, system: SystemName, ...values: number[]): void {
    const { values: all } = this.row(spec)
    all.set(system, [...(all.get(system) ?? []), ...values])
  }

  /** Values that the peer gave before stand. */
  leave(spec: RowSpec, system: SystemName, why: Absence): void {
    this.row(spec).absent.set(system, why)
  }

  /** Those in which Hearth was measured. */
  get all(): Row[] {
    return [...this.found.values()].flatMap((found) => (found.values.has('hearth') ? [rowOf(found)] : []))
  }

  private row(spec: RowSpec): Found {
    let row = this.found.get(spec.metric)
    if (!row) this.found.set(spec.metric, (row = { spec, values: new Map(), absent: new Map() }))
    return row
  }
}

function rowOf({ spec: { metric, unit, budget, series }, values, absent }: Found): Row {
  const own = values.get('hearth')!
  const value = median(own)
  // What a row compares with: the floor, or an empty tab.
  const base = values.get('floor') ?? values.get('blank')
  const floor = base && median(base)
  // A ratio says nothing of two slopes, or where the value itself is judged.
  const compared = unit !== 'slope' && budget?.of !== 'most'
  const over = (figure: number) => (floor && compared ? figure / floor : undefined)
  const peerOf = (name: PeerName): Peer | undefined => {
    const list = values.get(name)
    const why = absent.get(name)
    if (list) return { value: median(list), ratio: over(median(list)) }
    if (!why) return undefined
    if ('why' in why) return { absent: why.why }
    // Only times can be told from when it was stopped.
    const stopped = Math.round(why.stoppedMs / 1000)
    return unit === 'ms' ? { value: why.stoppedMs, ratio: over(why.stoppedMs), stopped } : { stopped }
  }
  const peers = [...new Set([...values.keys(), ...absent.keys()])].filter(isPeer)
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
    ...(peers.length > 0 && { peers: Object.fromEntries(peers.map((name) => [name, peerOf(name)])) }),
    reps: own.length,
    spread: spread(own),
    ...(series && { series }),
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
  const amount = unit === 'slope' ? String(limit) : `${limit} ${unit}`
  return of === 'extra' ? `≤ floor + ${amount}` : `≤ ${amount}`
}
