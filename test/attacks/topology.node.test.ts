/** What is tried against the links of a space that has more devices than each has links. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Kube } from '../../worker/mesh/kube.js'
import type { Peer } from '../../worker/mesh/peer.js'
import type { MeshPlatform, Replica } from '../../worker/mesh/platform.js'
import { Choice } from '../../worker/mesh/topology/choice.js'
import { MAX_LINKS } from '../../worker/mesh/topology/rings.js'
import { Topology } from '../../worker/mesh/topology/topology.js'
import type { DeviceId } from '../../worker/protocol/ids.js'
import { makeHint } from '../../worker/mesh/hint.js'
import { Clock, until } from './mallory/clock.js'

const named = (name: string, count: number) =>
  Array.from(
    { length: count },
    (_, n) =>
      createHash('sha256')
        .update(name + n)
        .digest('base64url') as DeviceId,
  )
const own = named('own', 1)[0]!
const members = named('member', 30)
const meeting = { topic: new Uint8Array(32).fill(1), secret: new Uint8Array(32).fill(2) }
const isMember = new Set([own, ...members])
const replica = {
  meetings: [meeting],
  isIn: (device: DeviceId) => isMember.has(device),
} as unknown as Replica
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))

/** A device at a topic where all these say that they are; it calls nobody, but says whom it would. */
async function device(clock: Clock, devices: readonly DeviceId[]) {
  const platform = {
    subtle: crypto.subtle,
    random,
    now: clock.now,
    later: clock.later,
  } as unknown as MeshPlatform
  const others = await Promise.all(
    devices.map(async (device) => {
      const peer = random(16)
      return { meeting, peer, hint: await makeHint(platform, meeting.secret, peer, device) }
    }),
  )
  const kube = { at: () => others } as unknown as Kube
  const peers = new Map<DeviceId, Peer>()
  const sought = new Set<DeviceId>()
  const ended: DeviceId[] = []
  const topology = new Topology({
    ...{ platform, own, replicas: { all: [replica], get: () => replica, join: async () => undefined } },
    kubes: () => [kube],
    peers: () => peers,
    seek: (one) => void sought.add(one),
    end(one) {
      ended.push(one)
      peers.delete(one)
    },
  })
  await Promise.all(others.map((other) => topology.deviceAt(other as never)))
  topology.consider()
  await until('considered', () => sought.size > 0)
  return {
    ...{ topology, peers, sought, ended },
    met(one: DeviceId) {
      peers.set(one, {
        shares: () => true,
        isSpareThere: false,
        tellSpare: () => undefined,
      } as unknown as Peer)
      topology.began(one, false)
    },
  }
}

describe('a former member who knows the secret of an old topic', () => {
  it('makes up hundreds of devices there, and none of them has the place of a member', () => {
    const choice = new Choice({ now: () => 0 }, own)
    const alone = choice.in(replica, [new Set(members)]).links
    const { links } = choice.in(replica, [new Set([...members, ...named('nobody', 250)])])
    for (const member of alone) assert.ok(links.has(member))
    assert.ok(links.size <= 2 * MAX_LINKS)
  })
})

describe('a device that is said to be there, by a KUBE or a member, and never answers', () => {
  it('holds no place: the next one is called beside it', async () => {
    const clock = new Clock()
    try {
      const { sought, met } = await device(clock, members)
      const silent = [...sought][0]!
      const first = new Set(sought)
      for (const one of first) if (one !== silent) met(one)
      await clock.pass(4_000)
      await until('others are called', () => sought.size > first.size)
    } finally {
      clock.stop()
    }
  })
})

describe('members who call whoever is there', () => {
  it('are linked with as far as there is room, and the chosen ones stay', async () => {
    const clock = new Clock()
    try {
      const { sought, met, peers, ended } = await device(clock, members)
      const chosen = [...sought]
      for (const one of chosen) met(one)
      for (const one of members) if (!peers.has(one)) met(one)
      assert.equal(peers.size, MAX_LINKS)
      for (const one of chosen) assert.ok(peers.has(one))
      assert.equal(ended.length, members.length - MAX_LINKS)
    } finally {
      clock.stop()
    }
  })
})
