/** Two clients of a bare relay, in a process that nobody else uses: as `Pair`, without a KUBE. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { FRAME_BYTES } from './pair.js'

const main = fileURLToPath(new URL('./bare-relay-main.ts', import.meta.url))

export class BarePair {
  private constructor(
    /** Of the relay: ws:. */
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly near: WebSocket,
    private readonly far: WebSocket,
  ) {}

  static async meet(): Promise<BarePair> {
    const child = fork(main, { execArgv: ['--import', 'tsx'] })
    const [page] = (await once(child, 'message')) as [string]
    const url = page.replace('http', 'ws').replace('localhost', '127.0.0.1')
    const [near, far] = [await open(url), await open(url)]
    far.on('message', (data: Buffer) => far.send(data))
    return new BarePair(url, child, near, far)
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
    this.child.kill('SIGKILL')
  }
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}
