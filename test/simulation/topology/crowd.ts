/**
 * Devices of which there is only the choice of links, the real one (`worker/mesh/topology`): a KUBE that is a list, and sessions that are there
 * after a while, or not. What calls cost, and what goes over sessions, is tried with the real MESH (`town.ts`); here there are very many seeds.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { makeHint } from '../../../worker/mesh/hint.js'
import type { Kube, Other } from '../../../worker/mesh/kube.js'
import type { Peer } from '../../../worker/mesh/peer.js'
import type { MeshPlatform, Replica } from '../../../worker/mesh/platform.js'
import { MAX_LINKS } from '../../../worker/mesh/topology/rings.js'
import { Topology } from '../../../worker/mesh/topology/topology.js'
import type { DeviceId } from '../../../worker/protocol/ids.js'
import { LIVENESS } from '../../../worker/protocol/wire.js'
import { QUIET_MS } from '../../../worker/protocol/signal.js'
import type { Random } from '../../e2e/random.js'
import { World } from '../mesh/world.js'
import { drawn } from '../replay/chance.js'

/** Longest until all who are there are linked, when nothing goes wrong any more. */
const HEALED_MS = 90_000
/** Changes that come together count so much later at most. */
export const A_MOMENT_MS = 25
/** As MESH does: who should have called by then is called. */
const CALLED_BY_MS = 2_000
const AGAIN_MS = 500
const LONGEST_AGAIN_MS = 30_000

type Listed = Pick<Other, 'meeting' | 'peer' | 'hint'>

/** Who is at a KUBE, as it knows: it may not have noticed that somebody has gone. */
export class ListKube {
  isUp = true
  readonly there = new Map<CrowdDevice, Listed>()
}

interface LightPeer {
  isSpareThere: boolean
  /** In which of its lives it was met. */
  readonly of: number
  /** Since when nothing comes any more, for it has no session with this device. */
  silentSince: number | undefined
}

export class CrowdDevice {
  isOn = false
  readonly peers = new Map<DeviceId, LightPeer>()
  /** Whom it knows to be in. */
  readonly members = new Set<DeviceId>()
  private topology!: Topology
  private readonly calls = new Map<DeviceId, number>()
  private life = 0

  constructor(
    private readonly crowd: Crowd,
    readonly id: DeviceId,
    /** Those that it knows. */
    private readonly kubes: readonly ListKube[],
  ) {}

  start(): void {
    if (this.isOn) return
    this.isOn = true
    const life = ++this.life
    const { world, platform, meeting } = this.crowd
    const replica = {
      meetings: [meeting],
      isIn: (device: DeviceId) => this.members.has(device),
    } as unknown as Replica
    this.topology = new Topology({
      platform: {
        ...platform,
        later: (run: () => void, ms: number) => world.later(() => life === this.life && run(), ms),
      },
      ...{
        own: this.id,
        replicas: { all: [replica], get: () => replica, takesFrom: () => false, join: async () => undefined },
      },
      kubes: () => this.kubes.map((kube) => this.viewOf(kube)),
      peers: () => this.peers as unknown as ReadonlyMap<DeviceId, Peer>,
      seek: (device, isOurs) => this.seek(device, isOurs),
      end: (device, isFull) => this.end(device, isFull),
      ...{ grown: () => undefined, vanished: () => undefined },
    })
    // What a KUBE still has of its former life is replaced.
    for (const { there } of this.kubes) there.delete(this)
    void this.announce()
  }

  /** At those of its KUBEs at which it is not. */
  async announce(): Promise<void> {
    const { life } = this
    for (const kube of this.kubes) {
      if (!this.isOn || !kube.isUp || kube.there.has(this)) continue
      const listed = await this.crowd.listed(this.id)
      await this.crowd.world.pause(this.crowd.delay())
      if (life !== this.life || !kube.isUp) continue
      kube.there.set(this, listed)
      for (const other of kube.there.keys()) if (other !== this) void other.sees(listed)
      for (const [, other] of kube.there) if (other !== listed) void this.sees(other)
    }
  }

  /** Somebody has come to a KUBE, or gone. */
  async sees(listed?: Listed): Promise<void> {
    if (!this.isOn) return
    if (listed) await this.topology.deviceAt(listed as Other)
    this.topology.consider()
  }

  /** @param isNoticed otherwise, others find out when nothing comes any more */
  crash(isNoticed: boolean): void {
    if (!this.isOn) return
    this.isOn = false
    this.life++
    this.calls.clear()
    const peers = [...this.peers.keys()]
    this.peers.clear()
    const { crowd, kubes, life } = this
    const isGone = () => life === this.life
    crowd.world.later(
      () => {
        for (const kube of kubes) if (isGone()) crowd.leaves(kube, this)
      },
      isNoticed ? crowd.delay() : 3 * QUIET_MS,
    )
    for (const peer of peers)
      crowd.world.later(
        () => crowd.device(peer).lose(this.id, life),
        isNoticed ? crowd.delay() : LIVENESS.relayed.silenceMs,
      )
  }

  /** The session with it is no more. @param before a life of the other device */
  lose(other: DeviceId, before = Infinity): void {
    const peer = this.peers.get(other)
    if (!peer || peer.of >= before) return
    this.peers.delete(other)
    if (this.isOn) this.topology.consider()
  }

  /** Sessions of which the other side knows nothing end when nothing has come for too long. */
  notice(): void {
    const { time } = this.crowd.world
    for (const [id, peer] of this.peers) {
      const isThere = this.crowd.device(id).peers.has(this.id)
      peer.silentSince = isThere ? undefined : (peer.silentSince ?? time)
      if (!isThere && time - peer.silentSince! >= LIVENESS.relayed.silenceMs) this.lose(id)
    }
  }

  private viewOf(kube: ListKube): Kube {
    const others = kube.isUp && kube.there.has(this) ? [...kube.there].filter(([one]) => one !== this) : []
    return { at: () => others.map(([, listed]) => listed) } as unknown as Kube
  }

  private seek(device: DeviceId, isOurs: boolean): void {
    if (this.calls.has(device) || this.peers.has(device)) return
    this.calls.set(device, 0)
    if (this.id < device || isOurs) this.call(device)
    else this.later(() => this.call(device, false), CALLED_BY_MS)
  }

  private call(device: DeviceId, goesOn = true): void {
    const failures = this.calls.get(device) ?? 0
    const { crowd } = this
    if (this.peers.has(device) || !this.topology.isCalled(device)) return void this.calls.delete(device)
    const other = crowd.device(device)
    this.later(() => {
      if (crowd.canMeet(this, other)) {
        this.calls.delete(device)
        this.meet(other)
        other.meet(this)
      } else {
        if (!goesOn) return void this.later(() => this.calls.delete(device), LONGEST_AGAIN_MS)
        this.calls.set(device, failures + 1)
        this.later(() => this.call(device), Math.min(AGAIN_MS * 2 ** failures, LONGEST_AGAIN_MS))
      }
    }, 2 * crowd.delay())
  }

  private meet(other: CrowdDevice): void {
    // A session with a former life of it is replaced.
    if (this.peers.get(other.id)?.of === other.life) return
    const tellSpare = (isSpare: boolean) => {
      if (peer.told === isSpare) return
      peer.told = isSpare
      this.crowd.world.later(() => other.hearSpare(this.id, isSpare), this.crowd.delay())
    }
    const peer = {
      isSpareThere: false,
      told: false,
      of: other.life,
      silentSince: undefined,
      shares: () => this.members.has(other.id),
      tellSpare,
    }
    this.peers.set(other.id, peer)
    this.crowd.world.note(`${this.crowd.world.time} ${this.id} ${other.id}`)
    this.topology.began(other.id, false)
  }

  private hearSpare(device: DeviceId, isSpare: boolean): void {
    const peer = this.peers.get(device)
    if (!peer || !this.isOn) return
    peer.isSpareThere = isSpare
    this.topology.consider()
  }

  private end(device: DeviceId, isFull: boolean): void {
    if (!this.peers.delete(device)) return
    this.topology.consider()
    const other = this.crowd.device(device)
    const { life } = other
    this.crowd.world.later(() => {
      if (life !== other.life || !other.peers.delete(this.id)) return
      if (isFull) other.topology.refusedBy(this.id)
      else other.topology.consider()
    }, this.crowd.delay())
  }

  private later(run: () => void, ms: number): void {
    const { life } = this
    this.crowd.world.later(() => life === this.life && run(), ms)
  }
}

const isSame = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>) =>
  a.size === b.size && [...a].every((one) => b.has(one))

export class Crowd {
  readonly world: World
  readonly kubes = [new ListKube(), new ListKube()] as const
  readonly devices: CrowdDevice[] = []
  /** On one side of a wall. */
  walls: ReadonlySet<CrowdDevice> = new Set()
  longestMs = 40
  readonly platform: MeshPlatform
  readonly meeting: Other['meeting']
  private readonly byId = new Map<DeviceId, CrowdDevice>()

  constructor(readonly random: Random) {
    this.world = new World(random)
    const draw = (bytes: number) => drawn(random, new Uint8Array(bytes))
    this.meeting = { topic: draw(32), secret: draw(32) }
    const { subtle } = crypto
    this.platform = { subtle, random: draw, now: () => this.world.time } as unknown as MeshPlatform
  }

  [Symbol.dispose](): void {
    this.world.close()
  }

  delay(): number {
    return this.random.between(1, this.longestMs)
  }

  device(id: DeviceId): CrowdDevice {
    return this.byId.get(id)!
  }

  async listed(id: DeviceId): Promise<Listed> {
    const peer = this.platform.random(16)
    return { meeting: this.meeting, peer, hint: await makeHint(this.platform, this.meeting.secret, peer, id) }
  }

  /** @param kubes that it knows */
  add(kubes: readonly ListKube[]): CrowdDevice {
    const id = createHash('sha256').update(this.platform.random(32)).digest('base64url') as DeviceId
    const device = new CrowdDevice(this, id, kubes)
    device.members.add(id)
    this.byId.set(id, device)
    this.devices.push(device)
    return device
  }

  leaves(kube: ListKube, device: CrowdDevice): void {
    if (!kube.there.delete(device)) return
    for (const other of kube.there.keys()) void other.sees()
  }

  down(kube: ListKube): void {
    kube.isUp = false
    const there = [...kube.there.keys()]
    kube.there.clear()
    // All that went through it ends.
    for (const one of there)
      for (const peer of [...one.peers.keys()])
        if (this.random.next() < 0.7) this.breaks(one, this.device(peer))
    for (const one of there) void one.sees()
  }

  breaks(one: CrowdDevice, other: CrowdDevice): void {
    this.world.later(() => one.lose(other.id), this.delay())
    this.world.later(() => other.lose(one.id), this.delay())
  }

  canMeet(one: CrowdDevice, other: CrowdDevice): boolean {
    const isAt = (kube: ListKube) => kube.isUp && kube.there.has(one) && kube.there.has(other)
    return one.isOn && other.isOn && this.walls.has(one) === this.walls.has(other) && this.kubes.some(isAt)
  }

  get on(): CrowdDevice[] {
    return this.devices.filter(({ isOn }) => isOn)
  }

  /** What is not as it has to be when it is quiet, in words. */
  *wrong(): Generator<string> {
    const { on } = this
    for (const { id, peers } of on)
      for (const peer of peers.keys())
        if (!this.device(peer).isOn) yield `${id.slice(0, 6)} is linked with one that is not there`
    for (const { id, peers } of on)
      if (peers.size > MAX_LINKS) yield `${id.slice(0, 6)} has ${peers.size} links`
    const found = new Set(on.slice(0, 1))
    for (const one of found)
      for (const other of on) if (one.peers.has(other.id) && other.peers.has(one.id)) found.add(other)
    if (found.size < on.length)
      yield `${on.length - found.size} of ${on.length} are not connected with the others`
    // What is in a log goes along links.
    for (const one of found) if (!isSame(one.members, on[0]!.members)) return yield 'logs differ'
  }

  /** Links with those whom it does not know to be in are not of the space. */
  bounded(): void {
    for (const { id, peers, members } of this.on) {
      const count = [...peers.keys()].filter((peer) => members.has(peer)).length
      assert.ok(count <= MAX_LINKS, `${id.slice(0, 6)} has ${count} links`)
    }
  }

  /** Logs go along links. */
  gossip(): void {
    for (const one of this.on)
      for (const id of one.peers.keys()) {
        const other = this.device(id)
        if (isSame(one.members, other.members)) continue
        for (const member of one.members) other.members.add(member)
        for (const member of other.members) one.members.add(member)
        void one.sees()
        void other.sees()
      }
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      // Who is in may be otherwise since the last time, which counts a moment later.
      await this.world.pass(Math.max(A_MOMENT_MS, Math.min(left, 100)))
      this.bounded()
      this.gossip()
      for (const device of this.on) {
        device.notice()
        void device.announce()
      }
    }
  }

  async settle(): Promise<void> {
    const { world } = this
    const began = world.time
    while (!this.wrong().next().done && world.time < began + HEALED_MS) await this.pass(500)
    const wrong = [...this.wrong()]
    assert.equal(wrong.length, 0, `after ${world.time - began} ms: ${wrong.join('; ')}`)
    // And it stays so.
    await this.pass(5_000)
    assert.deepEqual([...this.wrong()], [])
  }
}
