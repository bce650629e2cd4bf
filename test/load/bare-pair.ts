/** Two clients of a bare relay, in a process of its own: as `Pair`, without a KUBE. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { nextAddress } from './member.js'
import { FRAME_BYTES } from './pair.js'

const main = fileURLToPath(new URL('./bare-relay-main.ts', import.meta.url))

export class BareRelayProcess {
  private constructor(
    /** ws: */
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<BareRelayProcess> {
    const child = fork(main, { execArgv: ['--import', 'tsx'] })
    const [page] = (await once(child, 'message')) as [string]
    return new BareRelayProcess(page.replace('http', 'ws').replace('localhost', '127.0.0.1'), child)
  }

  get pid(): number {
    return this.child.pid!
  }

  end(): void {
    this.child.kill('SIGKILL')
  }
}

export class BarePair {
  private constructor(
    readonly near: WebSocket,
    readonly far: WebSocket,
  ) {}

  /** @param name of an address of the relay where nobody else is */
  static async meet({ url }: BareRelayProcess, name: string): Promise<BarePair> {
    const address = `${url}/${name}`
    return new BarePair(await open(address), await open(address))
  }

  /** From now on, the far one sends back what comes. */
  answer(): void {
    this.far.on('message', (data: Buffer) => this.far.send(data))
  }

  /** @returns in milliseconds; one after the other */
  async roundTrip(): Promise<number> {
    const began = performance.now()
    const back = once(this.near, 'message')
    this.near.send(Buffer.alloc(FRAME_BYTES, 1))
    await back
    return performance.now() - began
  }

  /** @param everyMs from one to the next @returns of each, in milliseconds */
  async roundTrips(isOver: () => boolean, everyMs: number): Promise<number[]> {
    const times: number[] = []
    for (; !isOver(); await pause(everyMs)) times.push(await this.roundTrip())
    return times
  }

  leave(): void {
    this.near.terminate()
    this.far.terminate()
  }
}

async function open(url: string, localAddress = '127.0.0.1'): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false, localAddress })
  await once(socket, 'open')
  return socket
}

/** As many as that, two and two at an address. */
export async function openBare(url: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await open(`${url}/${n >> 1}`, nextAddress())
}
