/** `npm start`: reads what was asked for, and does it: mostly serves, says where, and ends on a signal. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readArgs, usage } from './args.js'
import { KubeError } from './errors.js'
import { startServer, type RunningServer } from './server.js'
import { optionsOf } from './settings/options.js'
import type { Declared } from './settings/declared.js'
import { readSettings, unknownIn } from './settings/read.js'
import { makeLog, type Log } from './watching/log.js'
import { Metrics } from './watching/metrics.js'
import { Watch } from './watching/watch.js'

/** To close what is left, once connections have been ended, in milliseconds. */
const GRACE_MS = 2_000

// npm runs scripts in the project's folder; what a person types is relative to where they typed it.
const cwd = (process.env['npm_lifecycle_event'] === 'start' && process.env['INIT_CWD']) || process.cwd()

try {
  const { apps, command, words, help } = readArgs(process.argv.slice(2))
  if (help) process.stdout.write(usage)
  else if (command)
    process.stdout.write(await command.run({ words, cwd, settings: readSettings(process.env, cwd) }))
  else await serve(apps.map((folder) => resolve(cwd, folder)))
} catch (cause) {
  if (!(cause instanceof KubeError)) throw cause
  console.error(cause.message)
  process.exitCode = 1
}

async function serve(apps: readonly string[]): Promise<void> {
  const settings = readSettings(process.env, cwd)
  const options = optionsOf(settings)
  const log = makeLog(settings.log)
  const server = await startServer({
    ...options,
    watch: new Watch(log, new Metrics({ ofProcess: true })),
    apps: [...(options.apps ?? []), ...apps],
    dist: fileURLToPath(new URL('..', import.meta.url)),
  })
  // Before anybody is told: whoever has read that it is here may end it at once.
  endOnSignal(server, settings, log)
  log.info({ url: server.url }, 'Hearth is here')
  if (process.stdout.isTTY) process.stdout.write(`Hearth is at ${server.url}\n`)
  for (const setting of unknownIn(process.env)) log.warn({ setting }, 'there is no such setting')
}

/** A second signal, or what does not end in time, ends it at once: what is durable stays so. */
function endOnSignal(server: RunningServer, { noticeSeconds, drainSeconds }: Declared, log: Log): void {
  let isEnding = false
  const end = (signal: string) => {
    log.info({ signal }, isEnding ? 'ends at once' : 'ends')
    if (isEnding) process.exit(1)
    isEnding = true
    const limit = (noticeSeconds + drainSeconds) * 1_000
    setTimeout(() => {
      log.error({ seconds: drainSeconds }, 'did not end in time')
      process.exit(1)
    }, limit + GRACE_MS).unref()
    const how = { noticeMs: noticeSeconds * 1_000, limitMs: drainSeconds * 1_000 }
    server.drain(how).then(
      () => log.info('has ended'),
      (cause: unknown) => {
        log.error({ err: cause }, 'did not end well')
        process.exitCode = 1
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => end(signal))
}
