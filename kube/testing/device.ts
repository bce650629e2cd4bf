/** A device as its KUBE sees one, for tests: says what it is told to, also what no honest device says. */
import { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket, type ClientOptions } from 'ws'
import { generateSigningKey, signerOf, type Signer } from '../../worker/halo/suite/signing.js'
import { decodeFromKube, encodeFromDevice } from '../../worker/mesh/signal-codec.js'
import { SIGNAL_PATH, SIGNAL_VERSION, type FromDevice, type FromKube } from '../../worker/protocol/signal.js'
import type { RunningServer } from '../server.js'

const platform = {
  subtle: webcrypto.subtle,
  random: (bytes: number) => webcrypto.getRandomValues(new Uint8Array(bytes)),
}

export const makeSigner = async (): Promise<Signer> => signerOf(platform, await generateSigningKey(platform))

export const addressOf = (server: RunningServer): string =>
  server.url.replace('http', 'ws').replace('localhost', '127.0.0.1') + SIGNAL_PATH

/** So many bytes, all the same. */
export const bytesOf = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
export const topicOf = (value: number): Uint8Array => bytesOf(32, value)
export const peerOf = (value: number): Uint8Array => bytesOf(16, value)

export class TestDevice implements AsyncDisposable {
  /** What was heard and not asked for yet. */
  readonly heard: FromKube[] = []
  #news = () => {}

  private constructor(readonly socket: WebSocket) {
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => {
      this.heard.push(decodeFromKube(data))
      this.#news()
    })
  }

  /** A socket that has said nothing. @param version as it is said in the address; null, not at all */
  static dial(
    server: RunningServer,
    options: ClientOptions = {},
    version: number | null = SIGNAL_VERSION,
  ): TestDevice {
    const address = addressOf(server) + (version === null ? '' : `?v=${version}`)
    return new TestDevice(new WebSocket(address, { perMessageDeflate: false, ...options }))
  }

  /** A device that is welcome. */
  static async enter(server: RunningServer, signer?: Signer, pass?: Uint8Array): Promise<TestDevice> {
    const device = TestDevice.dial(server)
    await device.hello(signer ?? (await makeSigner()), SIGNAL_VERSION, pass)
    await device.next('welcome')
    return device
  }

  async hello(signer: Signer, version = SIGNAL_VERSION, pass?: Uint8Array): Promise<void> {
    const [, , nonce] = await this.next('challenge')
    if (pass) this.say(['pass', pass])
    this.say(['hello', version, signer.publicKey, await signer.sign('kube-challenge', null, nonce)])
  }

  say(message: FromDevice): void {
    this.socket.send(encodeFromDevice(message))
  }

  /** Waits for a message of this name, and leaves all others. */
  async next<T extends FromKube[0]>(
    name: T,
    limitMs = 5_000,
  ): Promise<Extract<FromKube, readonly [T, ...unknown[]]>> {
    const end = performance.now() + limitMs
    for (;;) {
      const at = this.heard.findIndex(([t]) => t === name)
      if (at >= 0) return this.heard.splice(at, 1)[0] as never
      const left = end - performance.now()
      const why = `no "${name}" in ${limitMs} ms, but ${JSON.stringify(this.heard.map(([t, code]) => (t === 'refused' ? code : t)).slice(0, 20))}`
      if (left <= 0) throw new Error(why)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#news = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Everything that was said before has been dealt with, and what it led to has been heard. */
  async settled(): Promise<void> {
    this.say(['ping'])
    await this.next('pong')
  }

  /** Announces, and waits to be told who else is there. */
  async announce(topic: Uint8Array, peer: Uint8Array, hint: Uint8Array = new Uint8Array()): Promise<number> {
    this.say(['announce', topic, peer, hint])
    return (await this.next('here'))[2].length
  }

  /** @returns the code of WebSocket with which the KUBE hangs up */
  async closed(): Promise<number> {
    if (this.socket.readyState === WebSocket.CLOSED) return 0
    const [code] = (await once(this.socket, 'close', { signal: AbortSignal.timeout(10_000) })) as [number]
    return code
  }

  /** @returns the code of Hearth with which it is refused */
  async refused(): Promise<string> {
    return (await this.next('refused'))[1]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
  }
}
