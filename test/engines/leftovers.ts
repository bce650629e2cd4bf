/** What would outlive this process: groups of processes that it started, and folders. All go when it ends, however it ends. */
import { rmSync } from 'node:fs'

const groups = new Set<number>()
const folders = new Set<string>()

/** @param pid leader of a process group */
export function guardGroup(pid: number): void {
  groups.add(pid)
}

/** SIGKILL to every process of the group, now. */
export function killGroup(pid: number): void {
  groups.delete(pid)
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

export function guardFolder(path: string): void {
  folders.add(path)
}

/** Processes that were killed may still be letting go of their files. */
export function removeFolder(path: string): void {
  folders.delete(path)
  rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

process.once('exit', () => {
  groups.forEach(killGroup)
  folders.forEach(removeFolder)
})
process.once('SIGTERM', () => process.exit(143))
