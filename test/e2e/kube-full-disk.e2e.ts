/** The server on a disk that runs full: it takes no more and says so, gives what it has, and goes on when there is room again. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { freePort, ServerProcess } from '../keeping/server.js'
import { smallDisk, whyNoSmallDisk } from '../keeping/small-disk.js'
import { Writer } from '../keeping/writer.js'
import { wholeOnDisk } from '../keeping/on-disk.js'
import { until } from './wait.js'

describe('a KUBE whose disk is full', { skip: !process.env['CI'] && whyNoSmallDisk() }, () => {
  it('takes no more and says so, gives what it has, and takes the rest when there is room', async () => {
    await using disk = await smallDisk(16 << 20)
    const data = join(disk.folder, 'kube')
    const server = await ServerProcess.start({ data, port: await freePort() })
    const writer = await Writer.begin()
    try {
      const space = await writer.space(server.url)
      for (let n = 0; n < 10; n++) await writer.write(space, 10_000)
      await writer.level([space])
      disk.fill(300_000)
      for (let n = 0; n < 80; n++) await writer.write(space, 10_000)
      await until('refused', () => writer.state(space) === 'mesh/host-full', 20_000)
      const before = writer.acknowledged(space)
      assert.ok(before >= 10 && before < writer.written(space))
      // Who comes now is given what is there.
      const given = await writer.readAgain(server.url, space)
      assert.ok(given >= 10, String(given))
      assert.ok(server.isRunning)
      disk.free()
      await writer.level([space])
      assert.ok(server.isRunning)
      await server.end('SIGTERM')
      const [found] = await wholeOnDisk(data, [writer.ref(space)], writer.device)
      assert.equal(found!.entries, writer.written(space))
    } finally {
      writer.end()
      await server.end('SIGKILL')
    }
  })
})
