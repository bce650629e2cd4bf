/** What a KUBE tries by the STUN and TURN servers that it names, and what devices try at one that names some. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { IceOffers, inTurns } from '../../worker/mesh/ice.js'
import type { IceOffer } from '../../worker/protocol/signal.js'
import { TestDevice } from '../../kube/testing/device.js'
import { makeFixture } from '../../kube/testing/fixture.js'
import { Clock } from './mallory/clock.js'

const turn = (host: string): IceOffer => [`turn:${host}`, 'name', 'password']

/** A device that is offered what the test says. */
function device() {
  const clock = new Clock()
  let asked = 0
  const offers = new IceOffers({ now: clock.now, later: clock.later }, () => asked++)
  const stop = () => {
    offers.end()
    clock.stop()
  }
  return {
    ...{ clock, offers, [Symbol.dispose]: stop },
    get asked() {
      return asked
    },
  }
}

describe('a KUBE that names servers', () => {
  it('is asked no more than once in 45 s, whatever time it says that they hold', async () => {
    for (const seconds of [0, 1, 30 * 24 * 3600, Number.MAX_SAFE_INTEGER]) {
      using alice = device()
      alice.offers.take(seconds, [turn('turn.example')])
      await alice.clock.pass(44_000, 11_000)
      assert.equal(alice.asked, 0, `${seconds} s`)
    }
  })

  it('cannot have what it offered used for longer than it says', () => {
    using alice = device()
    alice.offers.take(0, [turn('turn.example')])
    assert.deepEqual(alice.offers.current, [])
  })

  it('is asked again before what it has offered is over, which counts no longer than it says', async () => {
    using alice = device()
    alice.offers.take(100, [turn('turn.example')])
    assert.equal(alice.offers.current.length, 1)
    await alice.clock.pass(76_000, 1_000)
    assert.equal(alice.asked, 1)
    assert.equal(alice.offers.current.length, 1)
    await alice.clock.pass(25_000, 1_000)
    assert.deepEqual(alice.offers.current, [])
  })

  it('has a browser given nothing that it would refuse, and with it what others offer', () => {
    const wrong: IceOffer[] = [
      ['turn:turn.example', null, null],
      ['turn:turn.example', '', ''],
      ['turns:turn.example', 'name', null],
      ['stun:turn.example?transport=udp', null, null],
      ['https://turn.example', 'name', 'password'],
      ['turn:turn.example:3478?transport=sctp', 'name', 'password'],
      ['turn://turn.example', 'name', 'password'],
      ['turn:', 'name', 'password'],
      ['TURN:turn.example?transport=TCP', 'name', 'password'],
      ['turn:[f.f]', 'name', 'password'],
      ['stuns:turn.example', 'name', 'password'],
      ['turn:name@turn.example', 'name', 'password'],
      ['turn:turn.example:99999', 'name', 'password'],
      ['turn:192.168.1.1:22', 'name', 'password'],
      ['turn:turn.example\n', 'name', 'password'],
    ]
    using alice = device()
    for (const one of wrong) {
      alice.offers.take(3600, [one, turn('turn.example')])
      assert.deepEqual(
        alice.offers.current.map(({ urls }) => urls),
        ['turn:turn.example'],
        JSON.stringify(one),
      )
    }
    const right: IceOffer[] = [
      ['stun:stun.example', 'is not', 'asked for'],
      ['turn:[2001:db8::1]:443?transport=tcp', 'name', 'password'],
      ['turns:turn.example:5349', 'name', 'password'],
    ]
    alice.offers.take(3600, right)
    assert.deepEqual(alice.offers.current, [
      { urls: 'stun:stun.example' },
      { urls: 'turn:[2001:db8::1]:443?transport=tcp', username: 'name', credential: 'password' },
      { urls: 'turns:turn.example:5349', username: 'name', credential: 'password' },
    ])
  })

  it('does not keep the servers of another one out by naming many', () => {
    const server = (urls: string) => ({ urls })
    const [many, few] = [['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(server), [server('x')]]
    assert.deepEqual(
      inTurns([many, few])
        .map(({ urls }) => urls)
        .join(''),
      'axbc',
    )
  })
})

describe('a device at a KUBE that has a TURN server', () => {
  const ice = { urls: ['turn:turn.example:3478', 'stun:stun.example'], secret: 'between them', seconds: 3600 }

  it('is let in there for an hour, under a name that tells nothing of it', async () => {
    await using fixture = await makeFixture()
    const kube = await fixture.serveWith({ ice })
    const names = new Set<string>()
    for (let n = 0; n < 2; n++) {
      await using alice = await TestDevice.enter(kube)
      alice.say(['ice'])
      const [, seconds, [first, second]] = await alice.next('ice')
      assert.equal(seconds, 3600)
      assert.deepEqual(second, ['stun:stun.example', null, null])
      const [url, name, password] = first!
      assert.equal(url, 'turn:turn.example:3478')
      assert.equal(password, createHmac('sha1', 'between them').update(name!).digest('base64'))
      const [until] = /^\d+(?=:[\w-]{16}$)/.exec(name!)!
      assert.ok(Math.abs(Number(until) - Date.now() / 1_000 - 3600) < 10)
      names.add(name!)
    }
    assert.equal(names.size, 2)
  })

  it('is given no second name by asking again', async () => {
    await using fixture = await makeFixture()
    await using eve = await TestDevice.enter(await fixture.serveWith({ ice }))
    const names = new Set<string | null>()
    for (let n = 0; n < 100; n++) {
      eve.say(['ice'])
      names.add((await eve.next('ice'))[2][0]![1])
    }
    assert.equal(names.size, 1)
  })

  it('hears of none where there is none', async () => {
    await using fixture = await makeFixture()
    await using alice = await TestDevice.enter(await fixture.serve())
    alice.say(['ice'])
    assert.deepEqual(await alice.next('ice'), ['ice', 0, []])
  })
})
