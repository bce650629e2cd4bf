/** What a member may try with messages that are not stored. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Ephemera } from '../../worker/ephemera.js'
import type { Halo } from '../../worker/halo/halo.js'
import { newId, type ClientId, type DeviceId, type SpaceId } from '../../worker/protocol/ids.js'
import type { SaidInfo } from '../../worker/protocol/facts.js'

const space = 'kitchen' as SpaceId
const own = 'olga' as DeviceId
const mallory = 'mallory' as DeviceId
const tab = newId<ClientId>()

/** Olga's device, in a space with Mallory's; what she hears, and when it is. */
function olga() {
  const device = { member: 'somebody' }
  const log = { state: { devices: new Map([own, mallory].map((id) => [id, device])) } }
  const halo = {
    ...{ device: own, identity: { id: 'olga' } },
    ...{ get: () => ({ log }), profile: () => ({ displayName: '' }) },
  } as unknown as Halo
  let now = 1_000
  const heard: SaidInfo[] = []
  const platform = { now: () => now, later: () => () => undefined }
  const ephemera = new Ephemera(platform, halo, { changed: () => undefined, send: () => undefined })
  ephemera.listen(tab, 1, { space, name: 'chat' }, (said) => heard.push(said))
  return { ephemera, heard, pass: (ms: number) => (now += ms) }
}

describe('a member who floods what is not stored', () => {
  it('is heard at a pace, and so are others meanwhile', () => {
    const { ephemera, heard, pass } = olga()
    for (let n = 0; n < 10_000; n++) ephemera.hear(space, mallory, ['said', 'chat', newId(), String(n)])
    assert.ok(heard.length <= 200, `${heard.length} heard`)
    ephemera.hear(space, own, ['said', 'chat', newId(), '"of another"'])
    assert.equal(heard.at(-1)!.value, 'of another')
    pass(1_000)
    const before = heard.length
    for (let n = 0; n < 10_000; n++) ephemera.hear(space, mallory, ['said', 'chat', newId(), String(n)])
    assert.ok(heard.length - before <= 101)
    assert.ok(heard.length - before >= 90)
  })

  it('is present at so many places, and no more', () => {
    const { ephemera, pass } = olga()
    for (let n = 0; n < 1_000; n++) {
      pass(20)
      ephemera.hear(space, mallory, ['present', 'list', newId(), '1'])
    }
    assert.equal(ephemera.others(tab, { space, name: 'list' }).length, 256)
  })
})

describe('a member who sends what is no value', () => {
  it('is not heard, and nobody fails over it', () => {
    const { ephemera, heard } = olga()
    for (const text of ['{', '', 'undefined', '{"__proto__":']) {
      ephemera.hear(space, mallory, ['said', 'chat', newId(), text])
      ephemera.hear(space, mallory, ['present', 'list', newId(), text])
    }
    assert.deepEqual(heard, [])
    assert.deepEqual(ephemera.others(tab, { space, name: 'list' }), [])
  })
})
