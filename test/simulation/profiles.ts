/** Stores as earlier releases left them (`test/profiles`), on a disk in memory. */
import { readFileSync } from 'node:fs'
import { TABLES, type Key, type Table } from '../../worker/store.js'
import { Disk } from './disk.js'

export interface Profile {
  readonly tables: Readonly<Partial<Record<Table, readonly (readonly [Key, unknown])[]>>>
  /** Objects as they were shown then. */
  readonly records: readonly {
    readonly id: string
    readonly type: string
    readonly value: unknown
    readonly order: number
    readonly createdAt: number
    readonly updatedAt: number
    readonly gone: boolean
    readonly space: string
  }[]
}

/** @param release number of the format */
export const readProfile = (release: number): Profile =>
  revive(JSON.parse(readFileSync(new URL(`../profiles/${release}.json`, import.meta.url), 'utf8'))) as Profile

export async function diskOf({ tables }: Profile): Promise<Disk> {
  const disk = new Disk()
  await disk.open().write(
    TABLES.flatMap((table) => (tables[table] ?? []).map(([key, put]) => ({ table, key, put }))),
    'strict',
  )
  return disk
}

/** JSON has no bytes and no infinities. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive)
  if (typeof value !== 'object' || value === null) return value
  const { $bytes, $number } = value as { $bytes?: string; $number?: string }
  if ($bytes !== undefined) return new Uint8Array(Buffer.from($bytes, 'base64'))
  if ($number !== undefined) return Number($number)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, revive(one)]))
}
