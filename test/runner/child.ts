/** Starts what a run consists of, each in a process group of its own, so that nothing outlives a run. */
import { spawn, type ChildProcess } from 'node:child_process'
import { root } from './files.js'
import type { Tally } from './tally.js'

/** What prints nothing for this long hangs. Long tests report progress. */
const SILENCE_MS = 5 * 60_000
/** Time to end browsers after being asked to stop. */
const GRACE_MS = 5_000

export type Print = (to: 'stdout' | 'stderr', what: Buffer) => void
const passedOn: Print = (to, what) => void process[to].write(what)

/** @throws Error when the command fails */
export async function runCommand(command: string, args: readonly string[]): Promise<void> {
  console.log(`\n== ${[command, ...args].join(' ')} ==`)
  const code = await watch(spawn(command, args, groupOptions(['ignore', 'pipe', 'pipe'])), command)
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} failed.`)
}

/**
 * @param name for messages
 * @param args for Node: a script, which sends its tally, and what it is given
 * @param print where what it prints goes
 * @throws Error when it ends without having sent a tally, or badly though nothing in it has failed
 */
export async function runForTally(
  name: string,
  args: readonly string[],
  print: Print = passedOn,
): Promise<Tally> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', ...args],
    groupOptions(['ignore', 'pipe', 'pipe', 'ipc']),
  )
  let tally: Tally | undefined
  child.on('message', (message) => (tally = message as Tally))
  const code = await watch(child, name, print)
  if (!tally) throw new Error(`${name} ended with code ${code} and did not say how many tests it ran.`)
  if (code !== 0 && tally.failures.length === 0)
    throw new Error(`${name} ended with code ${code}, and no test of it had failed.`)
  return tally
}

function groupOptions<Stdio>(stdio: Stdio) {
  // With this mark, which it sets for what its own runner starts, node:test asks no reporter.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return { cwd: root, detached: true, stdio, env }
}

function watch(child: ChildProcess, name: string, print: Print = passedOn): Promise<number | null> {
  const stop = () => endGroup(child)
  const interrupted = () => {
    stop()
    process.exit(130)
  }
  let silence: NodeJS.Timeout
  const listen = () => {
    clearTimeout(silence)
    silence = setTimeout(() => {
      console.error(`${name} printed nothing for ${SILENCE_MS / 60_000} minutes: ended.`)
      stop()
    }, SILENCE_MS)
  }
  listen()
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => {
      listen()
      print(name, chunk)
    })
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => {
    clearTimeout(silence)
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
  }) as Promise<number | null>
}

/** First politely: test files end their browsers, which stand in process groups of their own, on SIGTERM. */
function endGroup({ pid }: ChildProcess): void {
  signalGroup(pid, 'SIGTERM')
  setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS).unref()
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended by itself.
  }
}
