import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { ristretto255 } from '@noble/curves/ed25519.js'
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { found } from '../../../test/suite-platforms.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { CPace, type CPaceOptions } from './cpace.js'
import { generatorString, randomScalar } from './group.js'

const refused = { code: 'mesh/handshake' }
const text = (words: string) => new TextEncoder().encode(words)
const options: CPaceOptions = {
  code: '4731-swift-otter',
  channel: text('Alice, Bob'),
  session: found.random(16),
  initiator: true,
  associated: text('Alice’s'),
}

function begin(alices: Partial<CPaceOptions> = {}, bobs: Partial<CPaceOptions> = {}): [CPace, CPace] {
  return [
    new CPace(found.random, { ...options, ...alices }),
    new CPace(found.random, { ...options, initiator: false, associated: text('Bob’s'), ...bobs }),
  ]
}

function finish([alice, bob]: [CPace, CPace], heard: { alices?: Uint8Array; bobs?: Uint8Array } = {}) {
  const { alices = text('Alice’s'), bobs = text('Bob’s') } = heard
  return [alice.finish(bob.share, bobs), bob.finish(alice.share, alices)] as const
}

/** Neither has what the other has, and each sees it in what the other says. */
function differs([alice, bob]: ReturnType<typeof finish>): void {
  assert.notDeepEqual(alice.key, bob.key)
  assert.ok(!sameBytes(alice.confirmation, bob.expected))
  assert.ok(!sameBytes(bob.confirmation, alice.expected))
}

describe('Alice and Bob, with one code', () => {
  it('have one key, and can show it to each other', () =>
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 40 }),
        (code, channel, session) => {
          const same = { code, channel, session }
          const [alice, bob] = finish(begin(same, same))
          assert.deepEqual(alice.key, bob.key)
          assert.equal(alice.key.length, 64)
          assert.ok(sameBytes(alice.confirmation, bob.expected))
          assert.ok(sameBytes(bob.confirmation, alice.expected))
          assert.ok(!sameBytes(alice.confirmation, bob.confirmation))
        },
      ),
      { numRuns: 20 },
    ))
  it('need no associated data', () => {
    const none = { associated: undefined }
    const [alice, bob] = begin(none, none)
    assert.deepEqual(alice.finish(bob.share).key, bob.finish(alice.share).key)
  })
  it('have another key every time', () => {
    assert.notDeepEqual(finish(begin())[0].key, finish(begin())[0].key)
  })
  it('confirm it as the draft says, by OpenSSL', () => {
    const sides = begin()
    const [alice] = finish(sides)
    const key = createHash('sha512').update('CPaceMac').update(options.session).update(alice.key).digest()
    const tag = (share: Uint8Array, associated: Uint8Array) => {
      const said = concatBytes(Uint8Array.of(32), share, Uint8Array.of(associated.length), associated)
      return createHmac('sha512', key).update(said).digest('hex')
    }
    assert.equal(Buffer.from(alice.confirmation).toString('hex'), tag(sides[0].share, text('Alice’s')))
    assert.equal(Buffer.from(alice.expected).toString('hex'), tag(sides[1].share, text('Bob’s')))
  })
})

describe('Alice and Bob have nothing in common', () => {
  for (const [what, changes] of Object.entries({
    code: { code: '4731-swift-otters' },
    channel: { channel: text('Alice, Eve') },
    session: { session: found.random(16) },
    role: { initiator: true },
    'empty code': { code: '' },
  }))
    it(`with another ${what}`, () => differs(finish(begin({}, changes))))
  it('when Eve changes what goes along with a share', () => {
    differs(finish(begin(), { alices: text('Eve’s') }))
    differs(finish(begin(), { bobs: text('Eve’s') }))
  })
  it('when bytes move from one string to the next', () =>
    differs(
      finish(begin({ channel: text('ab'), session: text('c') }, { channel: text('a'), session: text('bc') })),
    ))
})

describe('a run', () => {
  it('refuses shares that are none', () => {
    const share = begin()[1].share
    const none = [
      new Uint8Array(),
      new Uint8Array(32),
      new Uint8Array(33),
      share.subarray(1),
      Uint8Array.of(...share, 0),
      // RFC 9496 §A.2: not canonical, negative, no square root.
      ...[
        '00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
        'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
        '0100000000000000000000000000000000000000000000000000000000000000',
        '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371',
      ].map(hexToBytes),
    ]
    for (const theirs of none) for (const side of begin()) assert.throws(() => side.finish(theirs), refused)
  })
  it('refuses its own share, with which its own confirmation would be the one that is expected', () => {
    for (const side of begin()) assert.throws(() => side.finish(side.share), refused)
  })
  it('is one attempt, also when it was refused', () => {
    const [[alice], [, bob]] = [begin(), begin()]
    alice.finish(bob.share)
    assert.throws(() => alice.finish(bob.share), refused)
    for (const wrong of [(own: CPace) => own.share, () => new Uint8Array(32)]) {
      const [other] = begin()
      assert.throws(() => other.finish(wrong(other)), refused)
      assert.throws(() => other.finish(bob.share), refused)
    }
  })
  it('does not change when the caller wipes what it gave', () => {
    const [session, associated] = [options.session.slice(), text('Alice’s')]
    const sides = begin({ session, associated })
    session.fill(0)
    associated.fill(0)
    const [alice, bob] = finish(sides)
    assert.deepEqual(alice.key, bob.key)
  })
  it('takes no scalar that is zero, or not below the order of the group', () => {
    const order = hexToBytes(ristretto255.Point.Fn.ORDER.toString(16).padStart(64, '0')).reverse()
    for (const scalar of [new Uint8Array(32), order]) assert.throws(() => begin({ scalar }))
  })
})

describe('what is hashed to a generator', () => {
  it('fills the first block of SHA-512 with a code of any length that fits', () => {
    for (const length of [0, 1, 20, 108, 109]) {
      const string = generatorString(new Uint8Array(length).fill(1), text('channel'), text('session'))
      assert.equal(Buffer.from(string).indexOf('channel'), Math.max(128, 18 + 1 + length + 1) + 1)
    }
  })
})

describe('a confirmation', () => {
  it('is the same as expected in all of its bytes, or not at all', () => {
    const expected = Uint8Array.of(1, 2, 3)
    assert.ok(sameBytes(Uint8Array.of(1, 2, 3), expected))
    for (const other of [[], [1, 2], [1, 2, 3, 0], [1, 2, 2], [0, 2, 3]])
      assert.ok(!sameBytes(Uint8Array.from(other), expected))
  })
})

describe('a scalar', () => {
  it('has 252 bits', () => {
    const scalar = randomScalar((bytes) => new Uint8Array(bytes).fill(0xff))
    assert.deepEqual(scalar, Uint8Array.of(...Array<number>(31).fill(0xff), 0x0f))
  })
})
