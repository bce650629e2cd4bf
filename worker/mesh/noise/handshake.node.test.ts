import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { x25519 } from '@noble/curves/ed25519.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { found } from '../../../test/suite-platforms.js'
import { Handshake, type HandshakeOptions } from './handshake.js'
import type { StaticKey } from './keys.js'
import type { Pattern } from './patterns.js'

const refused = { code: 'mesh/handshake' }
const text = (words: string) => new TextEncoder().encode(words)
const nothing = new Uint8Array()
const messagesOf: Record<Pattern, number> = { XX: 3, IK: 2, XXpsk3: 3 }
const patterns = Object.keys(messagesOf) as Pattern[]

/** Points of order 1, 2, 4 and 8 of the curve and its twist, and other encodings of them. */
const lowOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
].map(hexToBytes)

const flip = (bytes: Uint8Array, at: number, bit = 1) =>
  bytes.map((byte, i) => (i === at ? byte ^ bit : byte))

function staticKey(secret = found.random(32)): StaticKey {
  return {
    publicKey: x25519.getPublicKey(secret),
    agree: async (theirs) => x25519.getSharedSecret(secret, theirs),
  }
}

const alicesKey = staticKey()
const bobsKey = staticKey()
const psk = found.random(32)

type Changes = Partial<HandshakeOptions>

function begin(pattern: Pattern, alices: Changes = {}, bobs: Changes = {}): [Handshake, Handshake] {
  const both = { pattern, prologue: text('Hearth'), ...(pattern === 'XXpsk3' ? { psk } : {}) }
  const known = pattern === 'IK' ? { theirs: bobsKey.publicKey } : {}
  return [
    new Handshake(found, { ...both, initiator: true, own: alicesKey, ...known, ...alices }),
    new Handshake(found, { ...both, initiator: false, own: bobsKey, ...bobs }),
  ]
}

/** Every message of it. What `Eve` gives back is what arrives. */
async function talk(
  sides: readonly [Handshake, Handshake],
  Eve: (message: Uint8Array, turn: number) => Uint8Array = (message) => message,
): Promise<void> {
  for (let turn = 0; !sides[0].done || !sides[1].done; turn++) {
    const [writer, reader] = turn % 2 === 0 ? sides : [sides[1], sides[0]]
    const payload = text(`message ${turn}`)
    assert.deepEqual(await reader.read(Eve(await writer.write(payload), turn)), payload)
  }
}

async function hashOf(sides: readonly [Handshake, Handshake]): Promise<Uint8Array> {
  const [alice, bob] = [await sides[0].finish(), await sides[1].finish()]
  assert.deepEqual(alice.hash, bob.hash)
  for (const [from, to] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    assert.deepEqual(await to.receive.open(await from.send.seal(text('hello'))), text('hello'))
  return alice.hash
}

for (const pattern of patterns)
  describe(`Alice and Bob, by ${pattern}`, () => {
    it('come to know each other and share a hash and two keys, whatever they were given', () =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (prologue) => {
          const [alices, bobs] = [staticKey(), staticKey()]
          const known = pattern === 'IK' ? { theirs: bobs.publicKey } : {}
          const sides = begin(pattern, { prologue, own: alices, ...known }, { prologue, own: bobs })
          await talk(sides)
          assert.deepEqual(sides[0].theirs, bobs.publicKey)
          assert.deepEqual(sides[1].theirs, alices.publicKey)
          assert.equal((await hashOf(sides)).length, 32)
        }),
        { numRuns: 10 },
      ))
    it('have another hash every time', async () => {
      const [once, again] = [begin(pattern), begin(pattern)]
      await talk(once)
      await talk(again)
      assert.notDeepEqual(await hashOf(once), await hashOf(again))
    })
    it('notice any byte that Eve changes, before both are done', async () => {
      const lengths: number[] = []
      await talk(begin(pattern), (message) => (lengths.push(message.length), message))
      assert.equal(lengths.length, messagesOf[pattern])
      for (const [at, length] of lengths.entries())
        for (let i = 0; i < length; i++) {
          const changing = (message: Uint8Array, turn: number) => (turn === at ? flip(message, i) : message)
          await assert.rejects(talk(begin(pattern), changing), (e: Error & { code?: string }) => {
            // The first payload of XX is in the clear, and what is written there is not yet anybody's word.
            if (pattern === 'XX' && at === 0 && i >= 32) return e.name === 'AssertionError'
            assert.equal(e.code, 'mesh/handshake', `message ${at}, byte ${i}`)
            return true
          })
        }
    })
    it('notice messages that are cut or go on', async () => {
      for (let at = 0; at < messagesOf[pattern]; at++)
        for (const end of [0, 1, 31, 32, 47, 48, 79, Infinity]) {
          if (pattern === 'XX' && at === 0 && end >= 32) continue
          const cut = (message: Uint8Array, turn: number) =>
            turn === at ? message.subarray(0, Math.min(end, message.length - 1)) : message
          await assert.rejects(talk(begin(pattern), cut), refused, `message ${at}, to ${end}`)
        }
      const last = messagesOf[pattern] - 1
      const longer = (message: Uint8Array, turn: number) =>
        turn === last ? Uint8Array.of(...message, 0) : message
      await assert.rejects(talk(begin(pattern), longer), refused)
    })
    it('notice that they did not see the same before', () =>
      assert.rejects(talk(begin(pattern, {}, { prologue: text('hearth') })), refused))
    it('notice a message of another run', async () => {
      const recorded: Uint8Array[] = []
      await talk(begin(pattern), (message) => (recorded.push(message), message))
      for (let at = 0; at < messagesOf[pattern]; at++)
        await assert.rejects(
          talk(begin(pattern), (message, turn) => (turn === at ? recorded[at]! : message)),
          refused,
        )
    })
    it('write and read in turn, or not at all', async () => {
      for (const early of [
        async ([alice]) => alice.read(new Uint8Array(200)),
        async ([, bob]) => bob.write(nothing),
        async ([alice]) => [await alice.write(nothing), await alice.write(nothing)],
        async ([alice, bob]) => {
          const first = await alice.write(nothing)
          return [await bob.read(first), await bob.read(first)]
        },
      ] as ((sides: [Handshake, Handshake]) => Promise<unknown>)[])
        await assert.rejects(early(begin(pattern)), refused)
    })
    it('do one thing at a time: two at once are both refused', async () => {
      const [alice] = begin(pattern)
      const both = await Promise.allSettled([alice.write(nothing), alice.write(nothing)])
      for (const one of both) assert.equal(one.status === 'rejected' && one.reason.code, 'mesh/handshake')
    })
    it('finish once, when they are done', async () => {
      const sides = begin(pattern)
      for (const side of sides) await assert.rejects(side.finish(), refused)
      await talk(sides)
      for (const side of sides) {
        await side.finish()
        await assert.rejects(side.finish(), refused)
        await assert.rejects(side.write(nothing), refused)
        await assert.rejects(side.read(nothing), refused)
      }
    })
    it('never go on after something was refused, though the right message comes', async () => {
      const [alice, bob] = begin(pattern)
      const first = await alice.write(nothing)
      await assert.rejects(bob.read(first.subarray(0, 31)), refused)
      await assert.rejects(bob.read(first), refused)
      await assert.rejects(bob.write(nothing), refused)
      await assert.rejects(bob.finish(), refused)
      assert.deepEqual([bob.done, bob.theirs], [false, undefined])
    })
    it('send what they were given, also when it is changed meanwhile', async () => {
      const [alice, bob] = begin(pattern)
      const payload = text('as it was')
      const writing = alice.write(payload)
      payload.fill(0)
      const message = await writing
      const reading = bob.read(message)
      message.fill(0)
      assert.deepEqual(await reading, text('as it was'))
    })
    it('send messages of 65,535 bytes, and none that are longer', async () => {
      const [alice, bob] = begin(pattern)
      const room = 65_535 - (await begin(pattern)[0].write(nothing)).length
      assert.equal((await bob.read(await alice.write(new Uint8Array(room)))).length, room)
      await assert.rejects(begin(pattern)[0].write(new Uint8Array(room + 1)), refused)
      await assert.rejects(begin(pattern)[1].read(new Uint8Array(65_536)), refused)
    })
    it('refuse ephemeral keys of low order, and other encodings of keys', async () => {
      for (const key of [...lowOrder, new Uint8Array(32).fill(0xff)])
        for (const at of [0, 1]) {
          const swap = (message: Uint8Array, turn: number) =>
            turn === at ? Uint8Array.of(...key, ...message.subarray(32)) : message
          await assert.rejects(talk(begin(pattern), swap), refused)
        }
    })
    it('refuse a static key of low order', async () => {
      for (const publicKey of lowOrder) {
        const own = { publicKey, agree: async () => new Uint8Array(32).fill(1) }
        await assert.rejects(async () => talk(begin(pattern, { own })), refused)
      }
    })
    it('tell of a failure in their own key as of any other', async () => {
      for (const agree of [
        () => Promise.reject(new Error('lost')),
        () => {
          throw new Error('lost')
        },
      ])
        await assert.rejects(talk(begin(pattern, { own: { ...alicesKey, agree } })), refused)
    })
  })

describe('Alice', () => {
  it('needs a key that nobody can read, and only its agreement', async () => {
    const own = await webCryptoKey()
    const sides = begin('XX', { own })
    await talk(sides)
    assert.deepEqual(sides[1].theirs, own.publicKey)
  })
  it('knows Bob by XX when he has answered, and he her when she has', async () => {
    for (const pattern of ['XX', 'XXpsk3'] as const) {
      const [alice, bob] = begin(pattern)
      await bob.read(await alice.write(nothing))
      assert.deepEqual([alice.theirs, bob.theirs], [undefined, undefined])
      await alice.read(await bob.write(nothing))
      assert.deepEqual([alice.theirs, bob.theirs], [bobsKey.publicKey, undefined])
      await bob.read(await alice.write(nothing))
      assert.deepEqual(bob.theirs, alicesKey.publicKey)
    }
  })
  it('is known to Bob by IK with the first message, and knows that it is he with the second', async () => {
    const [alice, bob] = begin('IK')
    await bob.read(await alice.write(nothing))
    assert.deepEqual([alice.theirs, bob.theirs], [undefined, alicesKey.publicKey])
    await alice.read(await bob.write(nothing))
    assert.deepEqual(alice.theirs, bobsKey.publicKey)
  })
  it('sends nothing under a secret of zeros, or one that is none, whoever computed it', async () => {
    for (const secret of [new Uint8Array(32), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1)]) {
      const own = { ...alicesKey, agree: async () => secret }
      await assert.rejects(begin('IK', { own })[0].write(nothing), refused)
    }
  })
  it('is nobody again to Bob when something was refused', async () => {
    const [alice, bob] = begin('IK')
    const first = await alice.write(nothing)
    await bob.read(first)
    await assert.rejects(bob.read(first), refused)
    assert.equal(bob.theirs, undefined)
  })
  it('does not reach Eve by IK, who is not Bob', () =>
    assert.rejects(talk(begin('IK', {}, { own: staticKey() })), refused))
  it('is refused by XXpsk3 with another secret', () =>
    assert.rejects(talk(begin('XXpsk3', { psk: found.random(32) })), refused))
  it('cannot begin without what the pattern needs, or with what it has no use for', () => {
    const wrong: [Pattern, Changes][] = [
      ['XX', { psk }],
      ['XX', { theirs: bobsKey.publicKey }],
      ['XX', { own: { ...alicesKey, publicKey: new Uint8Array(31) } }],
      ['XX', { own: { ...alicesKey, publicKey: new Uint8Array(33) } }],
      ['XX', { ephemeral: new Uint8Array(31) }],
      ['IK', { theirs: undefined }],
      ['IK', { theirs: bobsKey.publicKey.subarray(1) }],
      ['IK', { theirs: flip(bobsKey.publicKey, 31, 0x80) }],
      ['IK', { initiator: false }],
      ['XXpsk3', { psk: undefined }],
      ['XXpsk3', { psk: psk.subarray(1) }],
    ]
    for (const [pattern, changes] of wrong) assert.throws(() => begin(pattern, changes), refused)
  })
})

async function webCryptoKey(): Promise<StaticKey> {
  const pair = (await found.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])) as CryptoKeyPair
  return {
    publicKey: new Uint8Array(await found.subtle.exportKey('raw', pair.publicKey)),
    async agree(theirs) {
      const key = await found.subtle.importKey('raw', theirs as BufferSource, 'X25519', true, [])
      return new Uint8Array(
        await found.subtle.deriveBits({ name: 'X25519', public: key }, pair.privateKey, 256),
      )
    },
  }
}
