/**
 * Devices that take little of what others send to them, or nothing, and others who send to them whatever they may. Who is hung up on for that
 * comes again.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Bucket } from '../../kube/signal/bucket.js'
import { toBase64Url } from '../../worker/protocol/ids.js'
import { RELAY_WINDOW, TOPIC_BYTES } from '../../worker/protocol/signal.js'
import { Member } from './member.js'

/** At one topic: slow ones, and those who send to each of them. */
const SLOW_TOGETHER = 20
const SENDERS = 2
const FRAME = Buffer.alloc(16 << 10, 7)
/** Each sends so much as soon as it may, which is more than networks and the KUBE keep for its slow ones; and so much a second from then on. */
const AT_FIRST = 48 << 20
const A_SECOND = 256 << 10
/** A sender looks so often, in milliseconds, and sends so many frames then, at most: all senders are in one process, which has other things to do. */
const FILL_MS = 50
const FRAMES = 3
const SAID_MS = 8_000
/** Those who take a little take some frames so often, in milliseconds. */
const EVERY_MS = 2_000
const AGAIN_MS = 1_000
const AT_ONCE = 16

interface Place {
  readonly topic: Uint8Array
  /** Who send there: not to each other. */
  readonly senders: Set<string>
}

export class Slow {
  /** How often one of them was hung up on. */
  gone = 0
  /** Bytes that were sent to them. */
  sent = 0
  readonly #members = new Set<Member>()
  #beat: NodeJS.Timeout | undefined
  #over = false

  constructor(private readonly url: string) {}

  async enter(count: number): Promise<void> {
    const places = Array.from({ length: Math.ceil(count / SLOW_TOGETHER) }, (): Place => ({
      ...{ topic: randomBytes(TOPIC_BYTES), senders: new Set() },
    }))
    this.#beat = setInterval(() => this.#members.forEach((member) => member.say(['ping'])), SAID_MS)
    const slow = Array.from(
      { length: count },
      (_, n) => () => this.#lag(places[n % places.length]!, Math.floor(n / places.length) % 2 === 0),
    )
    await eachOf(slow)
    await eachOf(places.flatMap((place) => Array.from({ length: SENDERS }, () => () => this.#send(place))))
  }

  leave(): void {
    this.#over = true
    clearInterval(this.#beat)
    for (const member of this.#members) member.leave()
  }

  /** One that takes nothing at all, or a little now and then. */
  async #lag(place: Place, nothing: boolean): Promise<void> {
    const member = await Member.enter(this.url)
    this.#members.add(member)
    const reading = nothing ? undefined : setInterval(() => member.socket.resume(), EVERY_MS)
    member.onGone = () => {
      clearInterval(reading)
      this.#members.delete(member)
      if (this.#over) return
      this.gone++
      // Where it is hung up on at the door, it tries again.
      const again = () =>
        void pause(AGAIN_MS).then(async () => this.#over || (await this.#lag(place, nothing).catch(again)))
      again()
    }
    await member.announce(place.topic)
    // What has come so far it still hears, some frames at a time.
    member.onHeard = () => member.socket.readyState === member.socket.OPEN && member.socket.pause()
    member.socket.pause()
  }

  /** To each who is there, as much as the window has room for. */
  async #send({ topic, senders }: Place): Promise<void> {
    const rooms = new Map<string, { readonly peer: Uint8Array; room: number }>()
    const member = await Member.enter(this.url)
    this.#members.add(member)
    senders.add(toBase64Url(member.peer))
    const pace = new Bucket(AT_FIRST, A_SECOND, performance.now())
    let restUntil = 0
    const fill = () => {
      let left = FRAMES
      for (const one of rooms.values())
        for (; one.room >= FRAME.length; one.room -= FRAME.length) {
          const now = performance.now()
          if (left-- === 0 || now < restUntil) return
          member.say(['send', topic, one.peer, FRAME])
          this.sent += FRAME.length
          restUntil = now + pace.take(FRAME.length, now)
        }
    }
    const filling = setInterval(fill, FILL_MS)
    member.onGone = () => clearInterval(filling)
    const meet = (peer: Uint8Array) => {
      const key = toBase64Url(peer)
      if (senders.has(key)) return
      rooms.set(key, { peer, room: RELAY_WINDOW })
    }
    member.onHeard = (message) => {
      if (message[0] === 'came') meet(message[2])
      if (message[0] === 'left') rooms.delete(toBase64Url(message[2]))
      if (message[0] !== 'credit') return
      const one = rooms.get(toBase64Url(message[2]))
      if (one) one.room += message[3]
    }
    for (const peer of await member.announce(topic)) meet(peer)
  }
}

async function eachOf(jobs: (() => Promise<void>)[]): Promise<void> {
  const next = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
}
