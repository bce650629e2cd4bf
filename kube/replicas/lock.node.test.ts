/** A folder that a server has, and another one that is started on it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Database } from './database.js'

describe('a folder of replicas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-lock-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('is refused to a server while another process has it, and had by the next when that has gone', async () => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore' })
    writeFileSync(join(folder, 'lock'), String(other.pid))
    assert.throws(() => new Database(folder), { code: 'kube/store-busy' })
    other.kill()
    await once(other, 'exit')
    await new Database(folder).close()
  })

  it('is had after a server that was killed in the middle of taking it', async () => {
    writeFileSync(join(folder, 'lock'), '')
    await new Database(folder).close()
  })
})
