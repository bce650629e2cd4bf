/** Frames that are no messages, over connections that are cut off for it and come again: of strangers, and of devices that were welcome. */
import { malformed } from '../../kube/testing/malformed.js'
import { endsWithin, frame, opcodes, rawSocket } from '../../kube/testing/raw.js'
import { Member, nextAddress } from './member.js'

/** Over one connection, all at once: more than are listened to while it is told why it is cut off. */
const TOGETHER = 200
const AT_ONCE = 16
/** Of so many connections, one is of a device that has been welcomed. */
const WELCOME_OF = 10
const LONGEST_MS = 20_000

const kinds = Object.values(malformed).filter(({ length }) => length < 2_000)
const noFrames = [Buffer.of(0x82, 0x00), Buffer.of(0xff, 0xff, 0xff, 0xff), Buffer.alloc(100)]

export interface Poured {
  readonly frames: number
  readonly connections: number
  /** That were not ended by the KUBE in time. */
  readonly left: number
}

export async function pour(url: string, frames: number): Promise<Poured> {
  let [sent, connections, left] = [0, 0, 0]
  const one = async () => {
    while (sent < frames) {
      sent += TOGETHER
      const n = connections++
      const ended = n % WELCOME_OF === 0 ? await asDevice(url, n) : await asStranger(url, n)
      if (!ended) left++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return { frames: sent, connections, left }
}

/** Each begins with another kind, which is the one that it is cut off for. */
const kindsFrom = (n: number): Uint8Array[] =>
  Array.from({ length: TOGETHER }, (_, i) => kinds[(n + i) % kinds.length]!)

async function asStranger(url: string, n: number): Promise<boolean> {
  const socket = await rawSocket({ url }, nextAddress())
  const broken = n % 7 === 0 ? [noFrames[(n / 7) % noFrames.length]!] : []
  socket.write(Buffer.concat([...broken, ...kindsFrom(n).map((bytes) => frame(opcodes.binary, bytes))]))
  const ended = await endsWithin(socket, LONGEST_MS)
  socket.destroy()
  return ended
}

async function asDevice(url: string, n: number): Promise<boolean> {
  const member = await Member.enter(url)
  const gone = new Promise<boolean>((resolve) => {
    const late = setTimeout(() => resolve(false), LONGEST_MS)
    member.onGone = () => {
      clearTimeout(late)
      resolve(true)
    }
  })
  for (const bytes of kindsFrom(n)) member.socket.send(bytes)
  const ended = await gone
  member.leave()
  return ended
}
