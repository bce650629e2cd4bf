/** A session with a real KUBE, in which everything is said by hand. */
import { x25519 } from '@noble/curves/ed25519.js'
import { makeSigner } from '../../kube/testing/device.js'
import { call } from '../../worker/mesh/handshaking.js'
import { Kube, type Other } from '../../worker/mesh/kube.js'
import type { Identity, MeshPlatform } from '../../worker/mesh/platform.js'
import { Session } from '../../worker/mesh/session.js'
import { signalUrl } from '../../worker/networking.js'
import type { DeviceId } from '../../worker/protocol/ids.js'
import { KEEP_TOPIC, type Message } from '../../worker/protocol/wire.js'
import { socket } from '../links/socket.js'

/** The longest that a message is waited for, in milliseconds. */
const LONGEST_MS = 5_000

export const nodePlatform: MeshPlatform = {
  ...{ subtle: crypto.subtle, now: () => performance.now(), socket },
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  later(run, ms) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export class Visitor {
  private readonly heard: Message[] = []
  private news = () => undefined as void

  private constructor(
    private readonly kube: Kube,
    readonly session: Session,
  ) {
    session.listen((message) => {
      this.heard.push(message)
      this.news()
    })
  }

  /** @param url of the KUBE */
  static async enter(url: string): Promise<Visitor> {
    const signer = await makeSigner()
    const unused = () => {
      throw new Error('not asked for')
    }
    const identity: Identity = {
      ...{ device: 'A'.repeat(43) as DeviceId, staticKey: unused, deviceOf: unused, keyOf: unused },
      ...{ sign: unused, verify: unused, life: unused },
      kubeKey: async () => ({
        publicKey: signer.publicKey,
        sign: (nonce) => signer.sign('kube-challenge', null, nonce),
      }),
    }
    const quiet = () => undefined
    const { other, kube } = await new Promise<{ other: Other; kube: Kube }>((resolve, reject) => {
      const kube: Kube = new Kube(nodePlatform, identity, signalUrl(url), {
        ...{ changed: quiet, left: quiet, called: quiet, came: (other) => resolve({ other, kube }) },
      })
      setTimeout(() => reject(new Error('The KUBE is not met.')), LONGEST_MS)
      kube.attend([{ topic: KEEP_TOPIC, secret: KEEP_TOPIC, isSeeking: true }])
      kube.wake()
    })
    const link = kube.link(other)
    const { secretKey, publicKey } = x25519.keygen()
    const own = { publicKey, agree: async (theirs: Uint8Array) => x25519.getSharedSecret(secretKey, theirs) }
    return new Visitor(
      kube,
      new Session(nodePlatform, link, await call(nodePlatform, link, { own, topic: KEEP_TOPIC })),
    )
  }

  /** The next message of this name; others before it are passed over. */
  async next<T extends Message[0]>(name: T): Promise<Extract<Message, readonly [T, ...unknown[]]>> {
    for (const end = performance.now() + LONGEST_MS; ;) {
      for (let one = this.heard.shift(); one; one = this.heard.shift())
        if (one[0] === name) return one as never
        else if (one[0] === 'unkept') throw new Error(`It is not kept: ${one[2]}.`)
      if (!this.session.isOpen || performance.now() > end) throw new Error(`There comes no "${name}".`)
      await new Promise<void>((resolve) => {
        this.news = resolve
        setTimeout(resolve, 500)
      })
    }
  }

  leave(): void {
    this.session.close()
    this.kube.stop()
  }
}
