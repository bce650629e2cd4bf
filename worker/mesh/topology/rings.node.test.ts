/** Which links devices choose that see the same, and some that do not. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { DeviceId } from '../../protocol/ids.js'
import { MAX_LINKS, neighbours } from './rings.js'

const devices = (count: number, name = 'd') =>
  Array.from(
    { length: count },
    (_, n) => createHash('sha256').update(`${name}${n}`).digest('base64url') as DeviceId,
  )
const without = (all: readonly DeviceId[], own: DeviceId) => new Set(all.filter((one) => one !== own))

/** Who reaches whom from the first, over links that one side has chosen, or both. */
function reached(links: ReadonlyMap<DeviceId, ReadonlySet<DeviceId>>, by: 'one' | 'both'): number {
  const [first] = links.keys()
  const found = new Set([first!])
  for (const one of found)
    for (const [other, theirs] of links) {
      const [here, there] = [links.get(one)!.has(other), theirs.has(one)]
      if (by === 'both' ? here && there : here || there) found.add(other)
    }
  return found.size
}

describe('devices that see the same', () => {
  it('link with all, up to nine of them', () => {
    for (let count = 2; count <= 9; count++) {
      const all = devices(count)
      for (const own of all) assert.deepEqual(neighbours(own, [without(all, own)]), without(all, own))
    }
  })

  it('choose each other, eight at most, and are all connected', () => {
    for (const count of [10, 11, 12, 25, 50, 255]) {
      const all = devices(count)
      const links = new Map(all.map((own) => [own, neighbours(own, [without(all, own)])]))
      for (const [own, theirs] of links) {
        assert.ok(theirs.size <= MAX_LINKS && !theirs.has(own))
        for (const other of theirs)
          assert.ok(links.get(other)!.has(own), 'as one has chosen, so has the other')
      }
      assert.equal(reached(links, 'both'), count)
    }
  })

  it('choose the same if they see it at several KUBEs', () => {
    const all = devices(50)
    const view = without(all, all[0]!)
    assert.deepEqual(neighbours(all[0]!, [view, view, view]), neighbours(all[0]!, [view]))
  })

  it('change few links when one comes or goes', () => {
    const all = devices(50)
    const [gone] = all
    let changed = 0
    for (const own of all.slice(1)) {
      const before = neighbours(own, [without(all, own)])
      const after = neighbours(own, [without(all.slice(1), own)])
      for (const one of after) if (!before.has(one)) changed++
      assert.ok(!after.has(gone!))
    }
    assert.ok(changed <= MAX_LINKS, `${changed} ends of links are new`)
  })
})

describe('a device that is at two KUBEs, which nobody else is', () => {
  for (const [few, many] of [
    [3, 200],
    [100, 100],
    [20, 30],
  ] as const)
    it(`holds those at one, ${few}, and those at the other, ${many}, together`, () => {
      const [here, there, own] = [devices(few, 'h'), devices(many, 't'), devices(1, 'own')[0]!]
      const links = new Map([[own, neighbours(own, [new Set(here), new Set(there)])]])
      for (const place of [here, there])
        for (const one of place) links.set(one, neighbours(one, [without([...place, own], one)]))
      assert.ok(links.get(own)!.size <= MAX_LINKS)
      assert.equal(reached(links, 'both'), few + many + 1)
    })
})
