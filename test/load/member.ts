/** One of many devices in a process: a key and a connection of its own; of what it hears, it keeps nothing. */
import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import { makeSigner } from '../../kube/testing/device.js'
import { decodeFromKube, encodeFromDevice } from '../../worker/mesh/signal-codec.js'
import { PEER_BYTES, SIGNAL_VERSION, type FromDevice, type FromKube } from '../../worker/protocol/signal.js'
import { signalUrl } from '../../worker/networking.js'

/** As long as those of devices are, in bytes. */
export const HINT_BYTES = 60
/** One address of this machine has ports for some 28,000 connections, and those that ended a minute ago count as well. */
const ADDRESSES = 200

let dialled = 0
export const nextAddress = (): string => `127.0.0.${2 + (dialled++ % ADDRESSES)}`

type Heard<T extends FromKube[0]> = Extract<FromKube, readonly [T, ...unknown[]]>

export class Member {
  readonly peer = randomBytes(PEER_BYTES)
  onHeard: (message: FromKube) => unknown = () => undefined
  onGone: () => void = () => undefined
  #awaited: { readonly name: string; done(message: FromKube): void; fail(why: Error): void } | undefined
  #refusal = 'it hung up'

  private constructor(readonly socket: WebSocket) {
    socket.on('error', (e) => (this.#refusal = e.message))
    socket.on('message', (data: Buffer) => this.#hear(decodeFromKube(data)))
    socket.once('close', () => {
      this.#awaited?.fail(this.gone)
      this.onGone()
    })
  }

  /** One that is welcome. @param url of the KUBE */
  static async enter(url: string): Promise<Member> {
    const signer = await makeSigner()
    const address = `${signalUrl(url.replace('localhost', '127.0.0.1'))}?v=${SIGNAL_VERSION}`
    const member = new Member(
      new WebSocket(address, { perMessageDeflate: false, localAddress: nextAddress() }),
    )
    const [, , nonce] = await member.#next('challenge')
    const signature = await signer.sign('kube-challenge', null, nonce)
    const welcomed = member.#next('welcome')
    member.say(['hello', SIGNAL_VERSION, signer.publicKey, signature])
    await welcomed
    return member
  }

  /** @returns who else is there */
  async announce(topic: Uint8Array): Promise<readonly Uint8Array[]> {
    const here = this.#next('here')
    this.say(['announce', topic, this.peer, randomBytes(HINT_BYTES)])
    return (await here)[2].map(([peer]) => peer)
  }

  /** Why it was hung up on. */
  get gone(): Error {
    return new Error(`The KUBE: ${this.#refusal}`)
  }

  say(message: FromDevice): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(encodeFromDevice(message))
  }

  leave(): void {
    this.socket.terminate()
  }

  #next<T extends FromKube[0]>(name: T): Promise<Heard<T>> {
    return new Promise((done, fail) => {
      this.#awaited = { name, done: done as (message: FromKube) => void, fail }
    })
  }

  #hear(message: FromKube): void {
    if (message[0] === 'refused') this.#refusal = message[1]
    if (message[0] !== this.#awaited?.name) return void this.onHeard(message)
    const { done } = this.#awaited
    this.#awaited = undefined
    done(message)
  }
}
