/** A WebSocket as bytes on a TCP connection: for what no library would send, or not that fast. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { SIGNAL_PATH } from '../../worker/protocol/signal.js'
import type { RunningServer } from '../server.js'

export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Masked, as the frames of a client are, with a key of zeros. */
export function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload
  const head = length < 126 ? Buffer.alloc(2) : length < 1 << 16 ? Buffer.alloc(4) : Buffer.alloc(10)
  head[0] = 0x80 | opcode
  head[1] = 0x80 | (length < 126 ? length : length < 1 << 16 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, Buffer.alloc(4), payload])
}

/**
 * Asks for a WebSocket and does not wait for the answer. What comes back is thrown away unless somebody listens.
 * @param localAddress from where: one address has ports for some 28,000 connections, those that ended a minute ago included
 */
export async function rawSocket(
  server: Pick<RunningServer, 'url'>,
  localAddress = '127.0.0.1',
): Promise<Socket> {
  const port = Number(new URL(server.url).port)
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(
    `GET ${SIGNAL_PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  return socket
}

/** Whether it ends within so many milliseconds, in whatever way. What comes until then is thrown away. */
export async function endsWithin(socket: Socket, ms: number): Promise<boolean> {
  if (socket.destroyed) return true
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), ms)
    socket.resume().once('close', () => {
      clearTimeout(late)
      resolve(true)
    })
  })
}
