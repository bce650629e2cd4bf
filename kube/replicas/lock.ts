/**
 * One server at a time has a folder: two would each count for themselves what is in it. A server that was killed leaves its lock behind,
 * which says which process it was.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

/** @returns lets go of it; undefined if another process has it */
export function lockFolder(path: string): (() => void) | undefined {
  const file = `${path}/lock`
  for (let tries = 0; tries < 2; tries++)
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
      if (isAlive(ownerOf(file))) return undefined
      rmSync(file, { force: true })
    }
  return undefined
}

/** Of a lock that is just being written, or let go, nobody knows. */
function ownerOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return 0
  }
}

/** One of this number that runs now, and is not this one: in a container, the server before had the same. */
function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
}
