/** What is tried against the links of a space that has more devices than each has links. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Kube } from '../../worker/mesh/kube.js'
import type { Peer } from '../../worker/mesh/peer.js'
import type { Identity, MeshPlatform, Replica } from '../../worker/mesh/platform.js'
import { Choice } from '../../worker/mesh/topology/choice.js'
import { MAX_LINKS } from '../../worker/mesh/topology/rings.js'
import { Topology } from '../../worker/mesh/topology/topology.js'
import { generateSigningKey, signerOf, verify, type Signer } from '../../worker/halo/suite/signing.js'
import { Flood } from '../../worker/mesh/topology/flood.js'
import { encodeSpoken, type Spoken } from '../../worker/mesh/topology/spoken-codec.js'
import type { Ephemeral, Passed } from '../../worker/protocol/wire.js'
import { fromBase64Url, toBase64Url, type DeviceId } from '../../worker/protocol/ids.js'
import { makeHint } from '../../worker/mesh/hint.js'
import { Clock, until } from './mallory/clock.js'
import { webCrypto as suite } from '../suite-platforms.js'

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
    ...{
      platform,
      own,
      replicas: { all: [replica], get: () => replica, takesFrom: () => false, join: async () => undefined },
    },
    kubes: () => [kube],
    peers: () => peers,
    seek: (one) => void sought.add(one),
    ...{ grown: () => undefined, vanished: () => undefined },
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

const ref = new Uint8Array(32).fill(3)
const tab = 'A'.repeat(22)
const said = (value: string): Ephemeral => ['said', 'chat', tab, JSON.stringify(value)]
const at = (value: string): Ephemeral => ['present', 'list', tab, JSON.stringify(value)]
const keyed = async (): Promise<Signer & { readonly id: DeviceId }> => {
  const signer = signerOf(suite, await generateSigningKey(suite))
  return { ...signer, id: toBase64Url(signer.publicKey) as DeviceId }
}
const spoken = async (signer: Signer, what: Spoken, inSpace = ref): Promise<Passed> => {
  const bytes = encodeSpoken(what)
  return ['passed', bytes, await signer.sign('spoken', inSpace, bytes), 1]
}

/** Olga's device, which hears of Alice by Mallory and another neighbour: all three are in the space. */
async function olga() {
  const [alice, mallory] = [await keyed(), await keyed()]
  const inside = new Set([own, alice.id, mallory.id, ...members])
  const clock = new Clock()
  const space = { ref, isIn: (device: DeviceId) => inside.has(device) } as unknown as Replica
  const neighbour = () => {
    const passed: Passed[] = []
    const say = (_: Replica, message: Passed) => void passed.push(message)
    return { passed, peer: { say, device: own } as unknown as Peer }
  }
  const [evil, other] = [neighbour(), neighbour()]
  const heard: (readonly [DeviceId, ...Ephemeral])[] = []
  const places: (readonly [DeviceId, number])[] = []
  const counts = { checked: 0 }
  const identity = {
    device: own,
    verify(device: DeviceId, inSpace: Uint8Array, bytes: Uint8Array, signature: Uint8Array) {
      counts.checked++
      return verify(suite, fromBase64Url(device), 'spoken', inSpace, bytes, signature)
    },
  } as unknown as Identity
  const flood = new Flood({ now: clock.now, later: clock.later } as unknown as MeshPlatform, identity, {
    peers: () => [evil.peer, other.peer],
    present: () => [],
    heard: (_, device, message) => void heard.push([device, ...message]),
    isAt: (_, device, present) => void places.push([device, present.length]),
  })
  const take = (passed: Passed, from = evil) => flood.take(space, from.peer, passed)
  return { alice, mallory, evil, other, heard, places, counts, flood, take, stop: () => clock.stop() }
}

describe('a member who passes on what others say', () => {
  it('cannot speak as another, nor change what that one has said, nor say it elsewhere', async () => {
    const { alice, mallory, heard, other, take, stop } = await olga()
    const words = await spoken(alice, [alice.id, 1, 'said', [said('yes')]])
    const changed = encodeSpoken([alice.id, 1, 'said', [said('no')]])
    const elsewhere = await spoken(alice, [alice.id, 1, 'said', [said('no')]], new Uint8Array(32))
    for (const forged of [
      await spoken(mallory, [alice.id, 1, 'said', [said('no')]]),
      ['passed', changed, words[2], 1] as const,
      elsewhere,
    ])
      await assert.rejects(take(forged), { code: 'mesh/malformed' })
    assert.deepEqual([heard, other.passed], [[], []])
    await take(words)
    assert.deepEqual(heard, [[alice.id, ...said('yes')]])
    assert.equal(other.passed.length, 1)
    stop()
  })

  it('speaks for nobody who is not in', async () => {
    const { heard, other, take, stop } = await olga()
    const stranger = await keyed()
    await take(await spoken(stranger, [stranger.id, 1, 'said', [said('hello')]]))
    assert.deepEqual([heard, other.passed], [[], []])
    stop()
  })

  it('has it heard once, however often it says it, and passed on no more', async () => {
    const { alice, heard, other, evil, take, stop } = await olga()
    const words = await spoken(alice, [alice.id, 1, 'said', [said('yes')]])
    await Promise.all([take(words), take(words), take(words, other)])
    for (let n = 0; n < 10; n++) await take(words)
    assert.equal(heard.length, 1)
    assert.equal(other.passed.length + evil.passed.length, 1)
    stop()
  })

  it('cannot bring back where somebody was before, nor have it passed on when it is heard of again', async () => {
    const { alice, places, other, flood, take, stop } = await olga()
    const before = await spoken(alice, [alice.id, 1, 'present', [at('here')]])
    const now = await spoken(alice, [alice.id, 2, 'present', [at('there'), said('x')].slice(0, 1)])
    await take(before)
    await take(now)
    await take(before)
    assert.deepEqual(places, [
      [alice.id, 1],
      [alice.id, 1],
    ])
    flood.gone(alice.id)
    await take(now)
    await take(before)
    assert.deepEqual(places.slice(2), [
      [alice.id, 0],
      [alice.id, 1],
    ])
    assert.equal(other.passed.length, 2)
    stop()
  })

  it('has so many signatures checked, and no more', async () => {
    const { alice, counts, take, stop } = await olga()
    const signature = new Uint8Array(64)
    await Promise.allSettled(
      Array.from({ length: 3_000 }, (_, n) =>
        take(['passed', encodeSpoken([alice.id, n + 1, 'said', []]), signature, 1]),
      ),
    )
    assert.ok(counts.checked <= 1_000, `${counts.checked} checked`)
    stop()
  })
})
