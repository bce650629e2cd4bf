import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { found, withSubtle } from '../../../test/suite-platforms.js'
import { encrypt, importKey, nonceOf } from './cipher.js'
import { Opening, Sealing } from './transport.js'

const refused = { code: 'mesh/handshake' }
const key = found.random(32)
const text = (words: string) => new TextEncoder().encode(words)

const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

const sealing = async (subtle = found.subtle) => new Sealing(subtle, await importKey(subtle, key, 'encrypt'))
const opening = async (subtle = found.subtle) => new Opening(subtle, await importKey(subtle, key, 'decrypt'))

async function sealed(count: number): Promise<Uint8Array[]> {
  const alice = await sealing()
  return Promise.all(Array.from({ length: count }, (_, i) => alice.seal(text(`message ${i}`))))
}

/** WebCrypto as it is, but whatever is asked first takes longest. */
function slowFirst(): SubtleCrypto {
  let ms = 50
  const later =
    (name: 'encrypt' | 'decrypt') =>
    async (algorithm: AesGcmParams, handle: CryptoKey, data: BufferSource) => {
      const result = await found.subtle[name](algorithm, handle, data)
      await new Promise((done) => setTimeout(done, (ms = Math.max(0, ms - 10))))
      return result
    }
  return withSubtle({ encrypt: later('encrypt'), decrypt: later('decrypt') } as Partial<SubtleCrypto>).subtle
}

describe('messages after a handshake', () => {
  it('are sealed and opened in the order of the calls, though nobody waits', async () => {
    const [alice, bob] = [await sealing(slowFirst()), await opening(slowFirst())]
    const texts = Array.from({ length: 20 }, (_, i) => text('x'.repeat((20 - i) * 1_000)))
    const sent: Uint8Array[] = []
    await Promise.all(texts.map((one) => alice.seal(one).then((message) => sent.push(message))))
    const heard: Uint8Array[] = []
    await Promise.all(sent.map((message) => bob.open(message).then((one) => heard.push(one))))
    assert.deepEqual(heard, texts)
  })
  it('are what they were when they were given, whatever becomes of those bytes', async () => {
    const [alice, bob] = [await sealing(), await opening()]
    const plaintext = text('as it was')
    const writing = alice.seal(plaintext)
    plaintext.fill(0)
    const message = await writing
    const reading = bob.open(message)
    message.fill(0)
    assert.deepEqual(await reading, text('as it was'))
  })
  it('differ, though their texts are the same', async () => {
    const alice = await sealing()
    assert.notDeepEqual(await alice.seal(text('twice')), await alice.seal(text('twice')))
  })
  it('open once: one that comes again is refused', async () => {
    const [bob, [first]] = [await opening(), await sealed(1)]
    await bob.open(first!)
    await assert.rejects(bob.open(first!), refused)
  })
  it('open in their order: one that overtakes another is refused, and so is one after a gap', async () => {
    const [first, second] = await sealed(2)
    for (const arrived of [[second!, first!], [second!]]) {
      const bob = await opening()
      await assert.rejects(bob.open(arrived[0]!), refused)
    }
  })
  it('that were changed at any byte, cut or made longer are refused', async () => {
    const [first] = await sealed(1)
    const wrong: Uint8Array[] = [...first!.keys()].map((i) => flip(first!, i))
    wrong.push(new Uint8Array(), first!.subarray(0, 15), first!.subarray(0, -1), Uint8Array.of(...first!, 0))
    for (const message of wrong) await assert.rejects((await opening()).open(message), refused)
  })
  it('are all refused after one that was, also those that are being opened', async () => {
    const [bob, [first, second, third]] = [await opening(slowFirst()), await sealed(3)]
    const calls = await Promise.allSettled([bob.open(flip(first!, 0)), bob.open(second!)])
    for (const one of calls) assert.equal(one.status === 'rejected' && one.reason.code, 'mesh/handshake')
    await assert.rejects(bob.open(third!), refused)
  })
  it('are told of in their turn: one that is refused at once waits for those before it', async () => {
    const [bob, [first, second]] = [await opening(slowFirst()), await sealed(2)]
    const calls = [bob.open(first!), bob.open(flip(second!, 0))]
    const told: string[] = []
    await Promise.allSettled(
      calls.map((call) =>
        call.then(
          () => told.push('opened'),
          () => told.push('refused'),
        ),
      ),
    )
    assert.deepEqual(told, ['opened', 'refused'])
  })
  it('of more than 65,535 bytes are refused, though they were sealed with the right key', async () => {
    const handle = await importKey(found.subtle, key, 'encrypt')
    const long = await encrypt(found.subtle, handle, nonceOf(0), new Uint8Array(), new Uint8Array(65_520))
    await assert.rejects((await opening()).open(long), refused)
  })
  it('under another key are refused', async () => {
    const eve = new Sealing(found.subtle, await importKey(found.subtle, found.random(32), 'encrypt'))
    await assert.rejects((await opening()).open(await eve.seal(text('I am Alice'))), refused)
  })
  it('hold up to 65,519 bytes; a longer text is refused, and the next goes on', async () => {
    const [alice, bob] = [await sealing(), await opening()]
    await assert.rejects(alice.seal(new Uint8Array(65_520)), refused)
    const most = await alice.seal(new Uint8Array(65_519))
    assert.equal(most.length, 65_535)
    assert.equal((await bob.open(most)).length, 65_519)
    assert.equal((await bob.open(await alice.seal(new Uint8Array()))).length, 0)
  })
})

describe('the nonce of a message', () => {
  it('is four zero bytes and its number, big-endian', () => {
    assert.equal(Buffer.from(nonceOf(0)).toString('hex'), '000000000000000000000000')
    assert.equal(Buffer.from(nonceOf(258)).toString('hex'), '000000000000000000000102')
    assert.equal(Buffer.from(nonceOf(2 ** 32 - 1)).toString('hex'), '0000000000000000ffffffff')
  })
  it('is refused to the message after 2^32 others: it would come again', () => {
    for (const count of [2 ** 32, 2 ** 32 + 1]) assert.throws(() => nonceOf(count), refused)
  })
})
