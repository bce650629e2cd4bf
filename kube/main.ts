/** `npm start`: reads what was asked for, serves it, says where, and ends on a signal. */
import { fileURLToPath } from 'node:url'
import { readSettings, usage } from './args.js'
import { KubeError } from './errors.js'
import { startServer } from './server.js'

// npm runs scripts in the project's folder; what a person types is relative to where they typed it.
const cwd = (process.env['npm_lifecycle_event'] === 'start' && process.env['INIT_CWD']) || process.cwd()

try {
  const settings = readSettings(process.argv.slice(2), process.env, cwd)
  if (settings.help) {
    process.stdout.write(usage)
  } else {
    const server = await startServer({ ...settings, dist: fileURLToPath(new URL('..', import.meta.url)) })
    console.log(`Hearth is at ${server.url}`)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close())
  }
} catch (cause) {
  if (!(cause instanceof KubeError)) throw cause
  console.error(cause.message)
  process.exitCode = 1
}
