/** What a process takes of the memory, as Linux counts it. */
import { readFileSync } from 'node:fs'

export interface Resident {
  /** Now, and the most that it ever was, in bytes. */
  readonly now: number
  readonly peak: number
}

export function residentOf(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
  return { now: of('VmRSS'), peak: of('VmHWM') }
}
