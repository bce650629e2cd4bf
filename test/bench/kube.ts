/** The server as it was built, in a process of its own, for what is measured of it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, ServerProcess } from '../keeping/server.js'

/** @param env settings (docs/operating.md) */
export async function withKube(
  env: NodeJS.ProcessEnv,
  run: (server: ServerProcess) => Promise<void>,
): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'hearth-bench-'))
  const server = await ServerProcess.start({ data, port: await freePort(), env })
  try {
    await run(server)
  } finally {
    await server.end('SIGTERM')
    await rm(data, { recursive: true, force: true })
  }
}
