/** Processes of a browser, as Linux lists them: what no protocol tells. */
import { readdirSync, readFileSync } from 'node:fs'

/** The first process of the group with a thread of a name that ends so; undefined if there is none. */
export function processWith(group: number, thread: string): number | undefined {
  return processesOf(group).find((pid) => threadsOf(pid).some((name) => name.endsWith(thread)))
}

export function isRunning(pid: number): boolean {
  // One that has ended and that nobody has asked about is still listed.
  const state = statOf(pid)?.state
  return state !== undefined && state !== 'Z'
}

function processesOf(group: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && statOf(pid)?.group === group)
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim(),
    )
  } catch {
    return []
  }
}

function statOf(pid: number): { state: string; group: number } | undefined {
  try {
    // Behind the name, which may hold anything: state, parent, group.
    const [state = '', , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return { state, group: Number(group) }
  } catch {
    return undefined
  }
}
