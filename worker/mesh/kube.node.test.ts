/** A device at one KUBE, on a socket that says what the test says. */
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { DeviceId } from '../protocol/ids.js'
import { RELAY_WINDOW, SIGNAL_VERSION, type FromDevice, type FromKube } from '../protocol/signal.js'
import { Kube, type Other } from './kube.js'
import type { Identity, SocketEvents } from './platform.js'
import { decodeFromDevice, encodeFromKube } from './signal-codec.js'

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)
const unused = () => assert.fail('not asked for')
const identity: Identity = {
  ...{ device: 'A'.repeat(43) as DeviceId, staticKey: unused, deviceOf: unused, keyOf: unused },
  ...{ sign: unused, verify: unused, life: unused },
  kubeKey: async () => ({ publicKey: bytes(32, 1), sign: async () => bytes(64, 1) }),
}

/** @returns a device, and what its KUBE says to it */
function atKube() {
  let events: SocketEvents | undefined
  const said: FromDevice[] = []
  const urls: string[] = []
  const platform = {
    subtle: webcrypto.subtle as SubtleCrypto,
    random: (length: number) => bytes(length, 7),
    now: () => 0,
    later: () => () => undefined,
    socket: (url: string, given: SocketEvents) => {
      events = given
      urls.push(url)
      const send = (message: Uint8Array) => void said.push(decodeFromDevice(message))
      return { waiting: 0, send, close: () => undefined }
    },
  }
  const others: Other[] = []
  const quiet = () => undefined
  const kube = new Kube(platform, identity, 'ws://one.example', {
    ...{ changed: quiet, left: quiet, called: quiet, came: (other) => void others.push(other) },
  })
  const say = (message: FromKube) => events!.message(encodeFromKube(message))
  return { kube, others, said, urls, say }
}

test('a KUBE of now is asked for servers as soon as it is entered, and one of the version before is not', async () => {
  for (const [version, asks] of [
    [1, []],
    [2, ['ice']],
  ] as const) {
    const { kube, said, urls, say } = atKube()
    kube.wake()
    say(['challenge', version, bytes(32, 5)])
    await turn()
    say(['welcome'])
    assert.deepEqual(urls, [`ws://one.example?v=${SIGNAL_VERSION}`])
    assert.deepEqual(
      said.map(([name, ...rest]) => (name === 'hello' ? [name, rest[0]] : name)),
      [['hello', version], ...asks],
    )
    assert.ok(kube.isOpen)
    say(['ice', 3600, [['turn:turn.example', 'name', 'password']]])
    assert.equal(kube.ice.current.length, 1)
  }
})

test('a KUBE that speaks no version of this device is left', async () => {
  for (const version of [0, SIGNAL_VERSION + 1]) {
    const { kube, said, say } = atKube()
    kube.wake()
    say(['challenge', version, bytes(32, 5)])
    await turn()
    assert.deepEqual(said, [])
    assert.equal(kube.refusal?.code, 'mesh/version')
  }
})

test('what is on its way from a link that has ended still counts against the window of the next one', async () => {
  const { kube, others, say } = atKube()
  const [topic, peer] = [bytes(32, 2), bytes(16, 3)]
  kube.attend([{ topic, secret: bytes(32, 4) }])
  kube.wake()
  say(['challenge', SIGNAL_VERSION, bytes(32, 5)])
  say(['welcome'])
  say(['came', topic, peer, bytes(0, 0)])
  const before = kube.link(others[0]!)
  for (let n = 0; n < 7; n++) before.send(bytes(64 << 10, n))
  before.close()
  const after = kube.link(others[0]!)
  assert.equal(after.room, RELAY_WINDOW - 7 * (64 << 10) - 1)
  say(['credit', topic, peer, 7 * (64 << 10) + 1])
  assert.equal(after.room, RELAY_WINDOW)
  // Another one under the same id is another window.
  say(['left', topic, peer])
  say(['came', topic, peer, bytes(0, 0)])
  assert.equal(kube.link(others[1]!).room, RELAY_WINDOW)
})
