/**
 * Network namespaces of Linux: networks inside this machine, each with addresses, routes and a firewall of its own. They bear the id of the
 * process that made them, and outlive it if it is killed: the next one removes them, with all that runs in them.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isRunning } from '../../engines/processes.js'
import { browserPath } from '../../runner/browsers.js'

const PREFIX = 'hearth-nat-'

/** What there has to be for any of it; empty, if all is there. */
function missing(): readonly string[] {
  const lacks = []
  if (process.getuid?.() !== 0) lacks.push('to be root')
  for (const tool of ['ip', 'iptables', 'turnserver'])
    if (!['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((path) => existsSync(`${path}/${tool}`)))
      lacks.push(tool)
  if (!existsSync(browserPath('chromium'))) lacks.push('chromium')
  return lacks
}

/**
 * Why tests are skipped that take all of it, if they are. Where CI is set, nothing is: they fail there.
 */
export function whySkipped(): string | false {
  const lacks = missing()
  if (lacks.length === 0) return false
  if (process.env['CI']) throw new Error(`NATs cannot be tried here. It takes ${lacks.join(', ')}.`)
  console.log(`    NATs are not tried here: it takes ${lacks.join(', ')}`)
  return `it takes ${lacks.join(', ')}`
}

/** @throws Error with what the command said */
export function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 })
}

export class Namespace {
  private static readonly all = new Set<Namespace>()
  /** As `ip netns` knows it. */
  readonly name: string

  constructor(name: string) {
    this.name = `${PREFIX}${process.pid}-${name}`
    run('ip', 'netns', 'add', this.name)
    Namespace.all.add(this)
    this.ip('link', 'set', 'lo', 'up')
  }

  ip(...args: readonly string[]): void {
    run('ip', '-n', this.name, ...args)
  }

  /** Runs a command in it, and waits until it ends. @throws Error with what the command said */
  exec(...command: readonly string[]): string {
    return run('ip', 'netns', 'exec', this.name, ...command)
  }

  remove(): void {
    if (Namespace.all.delete(this)) remove(this.name)
  }

  static removeAll(): void {
    for (const one of [...Namespace.all]) one.remove()
  }

  /** Of runs that were killed. */
  static removeLeftovers(): void {
    const names = run('ip', 'netns', 'list')
      .split('\n')
      .map((line) => line.split(' ')[0]!)
    for (const name of names) {
      const pid = name.startsWith(PREFIX) ? name.slice(PREFIX.length).split('-')[0]! : undefined
      if (pid !== undefined && !isRunning(Number(pid))) remove(name)
    }
  }
}

/** What runs in it would keep it, and its wires, alive without a name. */
function remove(name: string): void {
  for (const pid of run('ip', 'netns', 'pids', name).split('\n').filter(Boolean))
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  run('ip', 'netns', 'del', name)
}

process.once('exit', () => Namespace.removeAll())
