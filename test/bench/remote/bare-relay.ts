/**
 * The floor of what goes through a relay: a WebSocket server that hands on what one client sends to the other one at the same address, and does nothing else.
 * It has a page of its own: those of a KUBE may not reach it.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

export interface BareRelay {
  /** Of its page; `ws:` instead of `http:` is the relay's. */
  readonly url: string
  close(): Promise<void>
}

export async function bareRelay(): Promise<BareRelay> {
  const pages = createServer((_, response) => response.end('<!doctype html><link rel="icon" href="data:,">'))
  const server = new WebSocketServer({ server: pages, perMessageDeflate: false })
  pages.listen(0, '127.0.0.1')
  await once(pages, 'listening')
  const all = new Map<string, Set<WebSocket>>()
  server.on('connection', (socket, { url = '/' }) => {
    const sockets = all.get(url) ?? new Set()
    all.set(url, sockets.add(socket))
    socket.on('message', (data, isBinary) => {
      for (const other of sockets) if (other !== socket) other.send(data as Buffer, { binary: isBinary })
    })
    socket.on('close', () => sockets.delete(socket))
  })
  return {
    url: `http://localhost:${(pages.address() as AddressInfo).port}`,
    async close() {
      for (const sockets of all.values()) for (const socket of sockets) socket.terminate()
      server.close()
      pages.close()
      pages.closeAllConnections()
      await once(pages, 'close')
    },
  }
}
