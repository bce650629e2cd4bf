/** The way from a browser to a server, over TCP: it can be cut, and it can swallow all that is said without ending anything. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class Way {
  /** When connections were begun, in milliseconds since 1970. */
  readonly tries: number[] = []
  /** What has come from the browser. */
  bytes = 0
  private how: 'open' | 'cut' | 'swallows' = 'open'
  private readonly pairs = new Set<readonly [Socket, Socket]>()

  private constructor(private readonly server: Server) {}

  /** @param url of the server, as `http://localhost:4400` */
  static async to(url: string): Promise<Way> {
    const port = Number(new URL(url).port)
    const server = createServer()
    const way = new Way(server)
    server.on('connection', (near) => way.begin(near, port))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return way
  }

  /** Those that are open and go through. */
  get connections(): number {
    return this.how === 'open' ? this.pairs.size : 0
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Connections end, and new ones end at once. */
  cut(): void {
    this.how = 'cut'
    for (const [near, far] of this.pairs) {
      near.destroy()
      far.destroy()
    }
  }

  /** Connections stay as they are, and nothing comes through them, nor through new ones. */
  swallow(): void {
    this.how = 'swallows'
    for (const [near, far] of this.pairs) {
      near.unpipe(far).pause()
      far.unpipe(near).pause()
    }
  }

  /** New connections go through; through those that were swallowed, nothing ever comes. */
  open(): void {
    this.how = 'open'
  }

  async close(): Promise<void> {
    this.cut()
    const closed = once(this.server, 'close')
    this.server.close()
    await closed
  }

  private begin(near: Socket, port: number): void {
    this.tries.push(Date.now())
    if (this.how === 'cut') return void near.destroy()
    const far = connect(port, '127.0.0.1')
    const pair = [near, far] as const
    this.pairs.add(pair)
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.pairs.delete(pair)
        other.destroy()
      })
    }
    if (this.how === 'swallows') return void near.pause()
    near.on('data', (data) => (this.bytes += data.length))
    near.pipe(far)
    far.pipe(near)
  }
}
