/** Debian's nginx as docs/operating.md has it, with a certificate that nobody trusts, before a KUBE on this machine. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { guardFolder, guardGroup, killGroup } from '../engines/leftovers.js'
import { until, within } from './wait.js'

const docs = () => readFileSync(fileURLToPath(new URL('../../docs/operating.md', import.meta.url)), 'utf8')

export class Nginx {
  private output = ''

  private constructor(
    /** Without a slash at the end. */
    readonly url: string,
    private readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** @param kube its address @param path on which it is to be, as `/sub/path/` */
  static async start(kube: string, path = '/'): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'hearth-nginx-'))
    guardFolder(folder)
    const port = await freePort()
    const [pem, key] = [join(folder, 'kube.pem'), join(folder, 'kube.key')]
    const made = spawnSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${pem}`.split(
        ' ',
      ),
      { encoding: 'utf8', timeout: 20_000 },
    )
    if (made.status !== 0) throw new Error(`There is no certificate: ${made.stderr}`)
    const site = configuration(path)
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace('server_name kube.example', 'server_name localhost')
      .replace('/etc/ssl/kube.example.pem', pem)
      .replace('/etc/ssl/kube.example.key', key)
      .replace('127.0.0.1:4400', `127.0.0.1:${new URL(kube).port}`)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    )
    const file = join(folder, 'nginx.conf')
    writeFileSync(
      file,
      `daemon off; pid ${join(folder, 'pid')}; error_log stderr; worker_processes 1;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      events {} http { access_log off; ${temporary.join(' ')} ${site} }`,
    )
    const program = spawn('/usr/sbin/nginx', ['-p', folder, '-c', file, '-e', 'stderr'], {
      ...{ detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
    })
    guardGroup(program.pid!)
    const nginx = new Nginx(`https://localhost:${port}${path.replace(/\/$/, '')}`, folder, program)
    program.stderr!.on('data', (data: Buffer) => (nginx.output += data.toString()))
    await until('nginx', () => nginx.listens(port), 15_000).catch((e: Error) => {
      throw new Error(`${e.message}; it said: ${nginx.output}`)
    })
    return nginx
  }

  private listens(port: number): Promise<boolean> {
    if (this.process.exitCode !== null) throw new Error(`nginx has ended: ${this.output}`)
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exit = once(this.process, 'exit')
      killGroup(this.process.pid!)
      await within('nginx to end', exit)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** As it stands there: at the root, or with the two lines that are other ones on a path. */
function configuration(path: string): string {
  const [whole, lines] = [...docs().matchAll(/```nginx\n(.*?)```/gs)].map(([, text]) => text!)
  if (!whole?.includes('location / {') || !lines?.includes('location /sub/path/ {'))
    throw new Error('docs/operating.md has no configuration')
  if (path === '/') return whole
  const [location, redirect] = lines
    .trim()
    .split('\n')
    .map((line) => line.trim().replace('/sub/path/', path))
  return whole.replace('location / {', location!).replace('proxy_redirect / /;', redirect!)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
