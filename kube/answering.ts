/**
 * Which connections are being answered. Node takes one for idle as soon as the whole answer has been handed to it, and cuts off what is still on
 * its way when the server ends.
 */
import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'

export class Answering {
  readonly #open = new Set<Socket>()
  readonly #answered = new Set<Socket>()
  #isEnding = false

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    })
    server.on('request', ({ socket }, response) => {
      this.#answered.add(socket)
      response.once('close', () => {
        this.#answered.delete(socket)
        if (this.#isEnding) socket.destroy()
      })
    })
    server.on('upgrade', (_, socket: Socket) => this.#open.delete(socket))
  }

  /** Listens no more, and ends each connection when it has its answer; those that have been upgraded are somebody else’s. */
  end(): void {
    this.#isEnding = true
    NetServer.prototype.close.call(this.server)
    for (const socket of this.#open) if (!this.#answered.has(socket)) socket.destroy()
  }
}
