/**
 * Whether the file of a store can be opened: LMDB trusts it, and one that is damaged can end the whole process. So one that has changed since
 * it was closed, or never was, is first read by another process; one that is damaged is set aside, never deleted, and what can be read of it is
 * copied to another one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A store that was not closed is mostly good, and a large one takes long to read: the first time, it is looked at for so long, in milliseconds. */
const FIRST_MS = 1_000
/** When a server has ended again and again without an end, for so long. */
const LATER_MS = 600_000
const check = fileURLToPath(new URL('./check.mjs', import.meta.url))

/** @returns the path to which a file was renamed that cannot be read */
export function ensureSound(path: string): string | undefined {
  const file = `${path}/data.mdb`
  const starts = startsWithoutEnd(path)
  let aside: string | undefined
  const isFirst = starts <= 1 && read(`${path}/closed`) === undefined
  if (existsSync(file) && !isAsClosed(path) && !isWhole(file, isFirst ? FIRST_MS : LATER_MS))
    aside = setAside(path)
  writeFileSync(`${path}/running`, String(starts + 1))
  rmSync(`${path}/closed`, { force: true })
  return aside
}

/** It has run for a while: whatever ends it now is not what it was begun with. */
export function hasRun(path: string): void {
  writeFileSync(`${path}/running`, '0')
}

/** Nobody writes there any more. */
export function noteClosed(path: string): void {
  writeFileSync(`${path}/closed`, stateOf(path))
  rmSync(`${path}/running`, { force: true })
}

/** @returns the path to which it was renamed */
export function setAside(path: string): string {
  let n = 1
  while (existsSync(`${path}/damaged-${n}.mdb`)) n++
  const aside = `${path}/damaged-${n}.mdb`
  renameSync(`${path}/data.mdb`, aside)
  rmSync(`${path}/lock.mdb`, { force: true })
  spawnSync(process.execPath, [check, aside, path], { timeout: LATER_MS, stdio: 'ignore' })
  rmSync(`${aside}-lock`, { force: true })
  return aside
}

function isWhole(file: string, limitMs: number): boolean {
  const { status, error } = spawnSync(process.execPath, [check, file], { timeout: limitMs, stdio: 'ignore' })
  rmSync(`${file}-lock`, { force: true })
  return status === 0 || (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT'
}

const isAsClosed = (path: string): boolean => read(`${path}/closed`) === stateOf(path)
const startsWithoutEnd = (path: string): number => Number(read(`${path}/running`) ?? 0) || 0

function stateOf(path: string): string {
  const { size, mtimeMs } = statSync(`${path}/data.mdb`)
  return `${size} ${mtimeMs}`
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
