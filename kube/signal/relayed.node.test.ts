/** What is read and written by hand is what the codec reads and writes. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { decodeFromDevice, encodeFromDevice, encodeFromKube } from '../../worker/mesh/signal-codec.js'
import { MAX_FRAME_BYTES } from '../../worker/protocol/signal.js'
import { bytesOf, peerOf, topicOf } from '../testing/device.js'
import { malformed } from '../testing/malformed.js'
import { readSend, writeFrom } from './relayed.js'

const lengths = [1, 2, 23, 24, 25, 255, 256, 257, 65_535, 65_536, MAX_FRAME_BYTES]

describe('a frame that is relayed', () => {
  it('is read as by the codec, whatever its length', () => {
    for (const length of lengths) {
      const bytes = encodeFromDevice(['send', topicOf(1), peerOf(2), new Uint8Array(randomBytes(length))])
      assert.deepEqual(readSend(bytes), decodeFromDevice(bytes))
    }
  })
  it('is written as by the codec', () => {
    for (const length of lengths) {
      const frame = new Uint8Array(randomBytes(length))
      assert.deepEqual(
        writeFrom(topicOf(1), peerOf(2), frame),
        encodeFromKube(['from', topicOf(1), peerOf(2), frame]),
      )
    }
  })
  it('is not read by hand where it is anything else, cut short, or has something after it', () => {
    for (const bytes of Object.values(malformed)) assert.equal(readSend(bytes), undefined)
    assert.equal(readSend(encodeFromDevice(['announce', topicOf(1), peerOf(2), bytesOf(9, 1)])), undefined)
    for (const length of lengths) {
      const bytes = encodeFromDevice(['send', topicOf(1), peerOf(2), bytesOf(length, 1)])
      for (const other of [bytes.slice(0, -1), Buffer.concat([bytes, Buffer.of(0)]), bytes.slice(1)])
        assert.equal(readSend(other), undefined)
    }
    // A length in a longer form than it needs.
    const short = Buffer.from(encodeFromDevice(['send', topicOf(1), peerOf(2), bytesOf(5, 1)]))
    const longer = Buffer.concat([short.subarray(0, -6), Buffer.of(0x58, 5), short.subarray(-5)])
    assert.equal(readSend(longer), undefined)
    assert.throws(() => decodeFromDevice(longer), { code: 'mesh/malformed' })
  })
})
