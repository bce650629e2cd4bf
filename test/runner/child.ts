/** Starts what a run consists of, each in a process group of its own, so that nothing outlives a run. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { root, type RunnerName } from './files.js'
import { type Tally } from './tally.js'

/** A runner that prints nothing for this long hangs. Long tests report progress. */
const SILENCE_MS = 5 * 60_000
/** Time to end browsers after being asked to stop. */
const GRACE_MS = 5_000

/** @throws Error when the command fails */
export async function runCommand(command: string, args: readonly string[]): Promise<void> {
  console.log(`\n== ${[command, ...args].join(' ')} ==`)
  const code = await watch(spawn(command, args, groupOptions(['ignore', 'pipe', 'pipe'])), command)
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} failed.`)
}

/**
 * @param pattern part of the names of tests to run; '' for all
 * @throws Error when the runner ends without having said how many tests it ran
 */
export function runForTally(runner: RunnerName, pattern: string, files: readonly string[]): Promise<Tally> {
  const script = runner === 'browser' ? 'browser-tests.ts' : 'node-tests.ts'
  return tallyOf(runner, join(root, 'test/runner', script), [pattern, ...files])
}

/** @throws Error when the bench ends without having said how many budgets hold */
export const runBench = (args: readonly string[]): Promise<Tally> =>
  tallyOf('bench', join(root, 'test/bench/main.ts'), args)

async function tallyOf(name: string, script: string, args: readonly string[]): Promise<Tally> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', script, ...args],
    groupOptions(['ignore', 'pipe', 'pipe', 'ipc']),
  )
  let tally: Tally | undefined
  child.on('message', (message) => (tally = message as Tally))
  const code = await watch(child, name)
  if (!tally) throw new Error(`The ${name} runner broke off (exit code ${code}).`)
  return tally
}

const groupOptions = <Stdio>(stdio: Stdio) => ({ cwd: root, detached: true, stdio })

function watch(child: ChildProcess, name: string): Promise<number | null> {
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
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const)
    from?.on('data', (chunk: Buffer) => {
      listen()
      to.write(chunk)
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
