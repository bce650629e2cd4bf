/** What a device is sent over its WebSocket, as the network is asked to take it. */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import type { WebSocket } from 'ws'
import { Watch } from '../watching/watch.js'
import { Backlog } from './backlog.js'
import { defaultLimits } from './limits.js'
import { Turns } from './turns.js'
import { Wire } from './wire.js'

/** A WebSocket, and what it writes to, that note what is asked of them. */
class Noted extends EventEmitter {
  readonly asked: string[] = []

  send({ length }: Uint8Array): void {
    this.asked.push(`${length}`)
  }

  cork(): void {
    this.asked.push('[')
  }

  uncork(): void {
    this.asked.push(']')
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a device that is sent much', () => {
  it('has what is sent to it in one turn written at once, and not later', async () => {
    const socket = new Noted()
    const backlog = new Backlog(1 << 20, 1 << 20)
    const wire = new Wire(
      ...([
        socket as unknown as WebSocket,
        socket,
        defaultLimits,
        backlog,
        new Turns(),
        new Watch(),
      ] as const),
    )
    wire.send(new Uint8Array(1))
    wire.send(new Uint8Array(2))
    await turn()
    wire.send(new Uint8Array(3))
    await turn()
    assert.equal(socket.asked.join(''), '[12][3]')
  })
})
