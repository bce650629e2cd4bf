/** A KUBE in a process of its own, as whoever runs it has it: how it begins, what it says, and how it ends. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { dist } from './site.js'
import { until, within } from './wait.js'

interface Line {
  readonly msg: string
  readonly url?: string
}

/** The server, and what it has said. */
class Running {
  out = ''
  err = ''
  readonly process: ChildProcess

  constructor(env: Readonly<Record<string, string>>, args: readonly string[] = []) {
    this.process = spawn(process.execPath, [join(dist, 'kube/main.js'), ...args], {
      env: { ...process.env, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process.stdout!.on('data', (data: Buffer) => (this.out += data.toString()))
    this.process.stderr!.on('data', (data: Buffer) => (this.err += data.toString()))
  }

  get lines(): Line[] {
    return this.out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line)
  }

  async url(): Promise<string> {
    await until('the server to say where it is', () => this.out.includes('"url"'), 20_000)
    return this.lines.find(({ url }) => url)!.url!
  }

  async ended(): Promise<number | null> {
    if (this.process.exitCode !== null) return this.process.exitCode
    const [code] = (await within('it to end', once(this.process, 'exit'), 20_000)) as [number | null]
    return code
  }
}

describe('a KUBE in a process of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-operation-'))
  const data = join(folder, 'data')
  const running: Running[] = []
  const start = (env: Readonly<Record<string, string>> = {}, args?: readonly string[]): Running => {
    const one = new Running({ HEARTH_DATA: data, ...env }, args)
    running.push(one)
    return one
  }
  after(() => {
    for (const { process } of running) if (process.exitCode === null) process.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  it('is told what to do by a file, says so in lines of JSON, and ends with 0 when it is asked to', async () => {
    const config = join(folder, 'hearth.json')
    writeFileSync(config, JSON.stringify({ log: 'debug', metrics: 'off' }))
    const kube = start({ HEARTH_CONFIG: config, HEARTH_METRIC: 'off' })
    const url = await kube.url()
    assert.equal((await fetch(`${url}/readyz`)).status, 200)
    assert.equal((await fetch(`${url}/metrics`)).status, 404)
    kube.process.kill('SIGTERM')
    assert.equal(await kube.ended(), 0)
    assert.equal(kube.err, '')
    const said = kube.lines.map(({ msg }) => msg)
    for (const msg of ['Hearth is here', 'there is no such setting', 'answered', 'ends', 'has ended'])
      assert.ok(said.includes(msg), `"${msg}" in ${said.join()}`)
  })

  it('says in one line what is wrong with what it was told, and is not started', async () => {
    const kube = start({ HEARTH_CONNECTIONS: 'many' })
    assert.equal(await kube.ended(), 1)
    assert.match(kube.err, /^HEARTH_CONNECTIONS is "many"\. Set it to a whole number.*\n$/)
    assert.equal(kube.out, '')
  })

  it('ends at once when it is asked a second time', async () => {
    const kube = start({ HEARTH_NOTICE_SECONDS: '60' })
    const url = await kube.url()
    kube.process.kill('SIGINT')
    await until('it to be not ready', async () => (await fetch(`${url}/readyz`)).status === 503, 5_000)
    assert.equal(kube.process.exitCode, null)
    kube.process.kill('SIGINT')
    assert.equal(await kube.ended(), 1)
  })

  it('ends within its limit, whatever somebody keeps open', async () => {
    const kube = start({ HEARTH_DRAIN_SECONDS: '1' })
    const { port } = new URL(await kube.url())
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
    kube.process.kill('SIGTERM')
    assert.equal(await kube.ended(), 0)
    socket.destroy()
  })
})
