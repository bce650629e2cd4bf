/** What lies on a disk in plaintext, found by searching all of it for words that occur nowhere else: docs/trust.md says so. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decode } from 'cborg'
import { TABLES, type Table } from '../../worker/store.js'
import { Random } from '../e2e/random.js'
import { Life } from './device.js'
import { Disk } from './disk.js'
import { randomId } from './script.js'

const words = {
  value: 'sentinel-value-3b1f',
  typed: 'sentinel-typed-77a0',
  type: 'sentinel-type-c2d4',
  field: 'sentinel-field-9e01',
  space: 'sentinel-space-51bb',
  person: 'sentinel-person-0c4e',
  device: 'sentinel-device-d8f2',
}

/** Every byte and every letter of a row. */
function bytesOf(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (typeof value !== 'object' || value === null) return Buffer.from(`${String(value)}\n`)
  return Buffer.concat(Object.entries(value).flatMap(([key, one]) => [Buffer.from(key), bytesOf(one)]))
}

async function plaintextOf(disk: Disk): Promise<Map<Table, string[]>> {
  const found = new Map<Table, string[]>()
  for (const table of TABLES) {
    const rows = await disk.open().rows(table)
    const all = Buffer.concat(rows.flatMap(({ key, value }) => [bytesOf(key), bytesOf(value)]))
    const names = Object.entries(words).filter(([, word]) => all.includes(word))
    if (names.length > 0)
      found.set(
        table,
        names.map(([name]) => name),
      )
  }
  return found
}

/** A profile that was used; its words are all over what is derived, and nowhere in what is to leave it. */
async function used(): Promise<Disk> {
  const disk = new Disk()
  const life = await Life.begin(disk, new Random(2), { checkpointAfter: 40 })
  await life.planes.halo.setProfile({ displayName: words.person, deviceName: words.device })
  const { id: space } = await life.planes.halo.createSpace(words.space)
  const id = randomId(new Random(1))
  const { client } = life
  let n = 0
  const write = async (item: Parameters<Life['write']>[0]) => {
    life.echo.accept(client, ++n, space, [item])
    await life.echo.settled()
  }
  await write({ id, type: words.type, value: { [words.field]: words.value, text: { '@text': '' } } })
  for (let i = 0; i < 70; i++)
    await write({ id, op: { t: 'text', at: ['text'], i: 0, n: 0, v: ` ${words.typed}` } })
  await life.echo.drain()
  // It is made when it is quiet.
  for (let turn = 0; turn < 1_000 && !life.echo.checkpoints.of(space); turn++)
    await new Promise((resolve) => setTimeout(resolve, 2))
  await write({ id, op: { t: 'text', at: ['text'], i: 0, n: 0, v: ` ${words.typed}` } })
  life.stop()
  return disk
}

test('of what was written, a disk shows what docs/trust.md says, and entries show nothing', async () => {
  const disk = await used()
  const found = await plaintextOf(disk)
  assert.equal((await disk.open().rows('entries')).length > 60, true)
  assert.equal((await disk.open().rows('pieces')).length > 0, true)
  assert.deepEqual([...found.keys()].sort(), ['documents', 'journal', 'log', 'pages'])
  assert.deepEqual(found.get('log')?.sort(), ['device', 'person', 'space'])
  assert.deepEqual(found.get('pages')?.sort(), ['field', 'type', 'typed', 'value'])
  assert.deepEqual(found.get('journal'), ['typed'])
  const trust = readFileSync(new URL('../../docs/trust.md', import.meta.url), 'utf8')
  for (const table of TABLES) assert.equal(trust.includes(`\`${table}\``), true, table)
})

test('the search would find what an entry showed', async () => {
  const disk = await used()
  const [first] = await disk.open().rows<Uint8Array>('entries')
  const [, , ciphertext] = decode(first!.value) as [Uint8Array, Uint8Array, Uint8Array]
  const plain = Buffer.concat([Buffer.from(ciphertext), Buffer.from(words.value)])
  disk.damage('entries', first!.key as [string, string, number], new Uint8Array(plain))
  assert.deepEqual((await plaintextOf(disk)).get('entries'), ['value'])
})
