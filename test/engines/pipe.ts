/** Chromium's debugging protocol, which it speaks over two pipes, as a WebSocket of this process: where no port of it can be reached. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'

/** @returns its address; it is there until the browser ends */
export async function overWebSocket(commands: Writable, answers: Readable): Promise<string> {
  const path = `/${randomBytes(16).toString('hex')}`
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path })
  let client: WebSocket | undefined
  server.on('connection', (socket) => {
    client = socket
    socket.on('message', (data) => commands.write(`${String(data)}\0`))
  })
  let begun: Buffer[] = []
  answers.on('data', (data: Buffer) => {
    for (let rest = data; ;) {
      const end = rest.indexOf(0)
      if (end < 0) return void begun.push(rest)
      client?.send(Buffer.concat([...begun, rest.subarray(0, end)]).toString())
      begun = []
      rest = rest.subarray(end + 1)
    }
  })
  commands.on('error', () => undefined)
  answers.on('close', () => {
    client?.terminate()
    server.close()
  })
  await once(server, 'listening')
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
}
