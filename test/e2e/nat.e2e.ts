/**
 * Two people behind NATs of each kind, with a real TURN server, in networks of their own inside this machine. It takes root, iproute2,
 * iptables and coturn; where CI is set it fails without them, and elsewhere it says so and is skipped.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Couple } from './nat/couple.js'
import { Namespace, whySkipped } from './nat/namespaces.js'
import { selected } from './nat/selected.js'
import { startKube, startTurn, type Program } from './nat/servers.js'
import { Town, type Nat } from './nat/town.js'

const skip = whySkipped()

/** A town with a KUBE, and Olga and Ed in it, who share a space. */
class Scene {
  town!: Town
  kube!: Program
  turn: Program | undefined
  couple!: Couple

  async set(nat: Nat, hasTurn: boolean): Promise<void> {
    Namespace.removeLeftovers()
    this.town = new Town(nat)
    this.kube = await startKube(this.town.square)
    if (hasTurn) await this.startTurn()
    this.couple = await Couple.in(this.town)
    await this.couple.share()
  }

  async startTurn(): Promise<void> {
    this.turn = await startTurn(this.town.square)
  }

  async strike(): Promise<void> {
    try {
      await this.couple?.leave()
    } finally {
      await Promise.allSettled([this.kube?.kill(), this.turn?.kill()])
      this.town?.[Symbol.dispose]()
    }
  }

  /** How each browser reaches the other, its own way first. */
  ways() {
    return Promise.all([this.couple.olga, this.couple.ed].map(selected))
  }
}

/** A place in which tests are played; without what it takes, each is skipped. */
function inTown(
  name: string,
  nat: Nat,
  hasTurn: boolean,
  play: (scene: Scene, it: (what: string, run: () => Promise<void>) => void) => void,
): void {
  describe(name, () => {
    const scene = new Scene()
    if (!skip) before(() => scene.set(nat, hasTurn))
    if (!skip) after(() => scene.strike())
    play(scene, (what, run) => void it(what, { skip }, run))
  })
}

const say = (what: string, [out, back]: readonly [number, number]) =>
  console.log(`    ${what}: an edit arrived after ${out} ms, and back after ${back} ms`)

inTown('Olga and Ed, whose NATs show everybody another address', 'symmetric', true, (scene, it) => {
  it('are linked through a TURN server, and edit both ways', async () => {
    console.log(`    a direct link was there ${await scene.couple.are('direct', 10_000)} ms after joining`)
    say('through TURN', await scene.couple.converge())
    for (const way of await scene.ways())
      assert.ok(way && [way.local, way.remote].includes('relay'), JSON.stringify(way))
  })

  it('go on through the relay when the TURN server is killed', async () => {
    await scene.turn!.kill()
    say('without TURN', await scene.couple.converge(4_000))
    // Pages are told a moment later.
    await scene.couple.are('relayed', 1_000)
    await scene.couple.hasAll()
  })
})

inTown('Olga and Ed, whose NATs show everybody the same address', 'cone', true, (scene, it) => {
  it('are linked without anybody between them', async () => {
    console.log(`    a direct link was there ${await scene.couple.are('direct', 10_000)} ms after joining`)
    say('by holes in NATs', await scene.couple.converge())
    for (const way of await scene.ways())
      assert.ok(
        way && [way.local, way.remote].every((kind) => ['srflx', 'prflx'].includes(kind)),
        JSON.stringify(way),
      )
  })

  it('go on when the KUBE and the TURN server are killed', async () => {
    const before = await scene.ways()
    await Promise.all([scene.kube.kill(), scene.turn!.kill()])
    say('with no server', await scene.couple.converge())
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    say('5 s later', await scene.couple.converge())
    assert.deepEqual(await scene.couple.links(), ['direct', 'direct'])
    assert.deepEqual(await scene.ways(), before)
    await scene.couple.hasAll()
  })
})

inTown('Olga and Ed, whose networks let no UDP through', 'no-udp', false, (scene, it) => {
  it('go on through the relay where there is no TURN server', async () => {
    say('through the relay', await scene.couple.converge())
    assert.deepEqual(await scene.couple.links(), ['relayed', 'relayed'])
  })

  it('are linked through one over TCP as soon as there is one', async () => {
    await scene.startTurn()
    console.log(`    a direct link was there after ${await scene.couple.are('direct', 30_000)} ms`)
    say('through TURN over TCP', await scene.couple.converge())
    for (const way of await scene.ways())
      assert.ok(way && [way.local, way.remote].includes('relay'), JSON.stringify(way))
    assert.ok((await scene.ways()).some((way) => way?.relayProtocol === 'tcp'))
    await scene.couple.hasAll()
  })
})
