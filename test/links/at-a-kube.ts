/** Links through a KUBE: two devices at a topic, on sockets that the world has. What is below a link is the KUBE, as its socket says it. */
import assert from 'node:assert/strict'
import { decodeFromKube, encodeFromKube } from '../../worker/mesh/signal-codec.js'
import { Kube, type Other } from '../../worker/mesh/kube.js'
import type { Link } from '../../worker/mesh/link.js'
import type { Identity, Meeting, MeshPlatform, SocketEvents } from '../../worker/mesh/platform.js'
import type { DeviceId } from '../../worker/protocol/ids.js'
import { makeSigner } from '../../kube/testing/device.js'
import type { Hand, LinkWorld } from './world.js'

export interface Meeters {
  readonly ends: readonly [Link, Link]
  meddle(hand: Hand): void
  /** Both leave the KUBE. */
  leave(): void
}

/** @param url of the signal endpoint @param platforms of the two devices */
export async function meetAt(
  { until }: Pick<LinkWorld, 'until'>,
  url: string,
  platforms: readonly [MeshPlatform, MeshPlatform],
): Promise<Meeters> {
  const [first, second] = platforms
  const meeting = { topic: first.random(32), secret: first.random(32), isSeeking: true }
  let hand: Hand = (frame) => [frame]
  const meddled = {
    ...second,
    socket: (at: string, events: SocketEvents) =>
      second.socket(at, { ...events, message: (bytes) => tell(bytes, events, (frame) => hand(frame)) }),
  }
  const devices = [await enter(first, url, meeting), await enter(meddled, url, meeting)] as const
  const isMet = () => devices.every(({ others }) => others.length > 0)
  assert.ok(await until(isMet, 10_000), 'the two do not meet')
  const [one, two] = devices.map(({ kube, others }) => kube.link(others[0]!)) as [Link, Link]
  return {
    ends: [one, two],
    meddle: (given) => void (hand = given),
    leave: () => devices.forEach(({ kube }) => kube.stop()),
  }
}

async function enter(platform: MeshPlatform, url: string, meeting: Meeting) {
  const signer = await makeSigner()
  const unused = () => assert.fail('not asked for')
  const identity: Identity = {
    ...{ device: 'A'.repeat(43) as DeviceId, staticKey: unused, deviceOf: unused, keyOf: unused },
    ...{ sign: unused, verify: unused, life: unused },
    kubeKey: async () => ({
      publicKey: signer.publicKey,
      sign: (nonce) => signer.sign('kube-challenge', null, nonce),
    }),
  }
  const others: Other[] = []
  const quiet = () => undefined
  const kube = new Kube(platform, identity, url, {
    ...{ changed: quiet, left: quiet, called: quiet, came: (other) => void others.push(other) },
  })
  kube.attend([meeting])
  kube.wake()
  return { kube, others }
}

function tell(bytes: Uint8Array | undefined, events: SocketEvents, hand: Hand): void {
  const message = bytes && decodeFromKube(bytes)
  if (message?.[0] !== 'from') return events.message(bytes)
  const [name, topic, peer, frame] = message
  for (const one of hand(frame)) events.message(encodeFromKube([name, topic, peer, one]))
}
