/** A KUBE in a process of its own relays what two people share: nothing of it is in its memory, or in its folder. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readdirSync, readFileSync, readSync, closeSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until, within } from './wait.js'

const readable = process.platform === 'linux' ? false : 'only Linux shows a process’s memory as a file'
/** Read at a time, in bytes; words that lie across two parts are found by the overlap. */
const PART = 16 << 20
const OVERLAP = 256

const SENTINEL = 'salamander-in-the-kitchen'

describe('a KUBE that relays', { skip: readable }, () => {
  const data = mkdtempSync(join(tmpdir(), 'hearth-kube-'))
  let kube: ChildProcess
  let olga: Person
  let ed: Person
  let url: string
  let space: string
  let secrets: string[]

  before(async () => {
    kube = spawn(process.execPath, [join(dist, 'kube/main.js'), '--app', folder('pages/alpha')], {
      env: { ...process.env, PORT: '0', HEARTH_DATA: data },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface(kube.stdout!)
    const [line] = (await within('the KUBE to say where it is', once(lines, 'line'))) as [string]
    ;({ url } = JSON.parse(line) as { url: string })
    const page = `${url}/apps/alpha/`
    ;[olga, ed] = await Promise.all([
      Person.with('chromium', 'Olga', page),
      Person.with('chromium', 'Ed', page),
    ])
  })
  after(async () => {
    await Promise.allSettled([olga.leave(), ed.leave()])
    if (kube.exitCode === null) {
      kube.kill()
      await once(kube, 'exit')
    }
    rmSync(data, { recursive: true, force: true })
  })

  it('holds no word, no name and no id of what went through it, and would be seen to', async () => {
    space = await olga.createSpace(`Space of the ${SENTINEL}`)
    await olga.add(space, `Title of the ${SENTINEL}`, `Notes of the ${SENTINEL}`)
    const told = await olga.invite(space)
    assert.equal(await ed.join(told), space)
    await ed.type(space, `Title of the ${SENTINEL}`, 0, `Also of the ${SENTINEL}: `)
    await olga.sees(space, 'what Ed wrote', ({ todos }) => Object.values(todos).join().startsWith('Also'))
    const ids = async (person: Person) =>
      person.run(async (id) => {
        const todos = window.home.getSpace(id)!.query('todo')
        await todos.ready
        const { id: identity, deviceId } = window.home.identity.value
        return [identity as string, deviceId as string, ...todos.value.map((todo) => todo.id as string)]
      }, space)
    secrets = [SENTINEL, space, ...(await ids(olga)), ...(await ids(ed))]
    const found = memoryWith(kube.pid!, [...secrets, '/hearth/signal'])
    assert.deepEqual(
      [...found],
      ['/hearth/signal'],
      'what is in its memory, of what it must not have, and of what it must',
    )
  })

  it('nor does what it keeps, on its disk or in its memory, but for keys of devices and the ids of the spaces', async () => {
    await olga.run((id) => window.home.getSpace(id)!.addHost(), space)
    await until('it to be kept', () =>
      olga.run((id) => window.home.getSpace(id)!.hosts.value[0]?.state === 'kept', space),
    )
    // The id of a space is that of its first epoch, and stands in each entry as that of the key that it is sealed under. Her personal
    // space is kept as well, whose id is that of her identity.
    const identity = await olga.run(() => window.home.identity.value.id as string, undefined)
    await until('that to be kept, too', () =>
      olga.run(() => window.home.space.hosts.value[0]?.state === 'kept', undefined),
    )
    const shown = [...(await Promise.all([olga.device(), ed.device()])), space, identity]
    const words = [...secrets.filter((secret) => !shown.includes(secret)), ...shown]
    assert.deepEqual(wordsIn(data, words), shown)
    assert.deepEqual([...memoryWith(kube.pid!, words)].sort(), [...shown].sort())
  })
})

/** Of these words, those that are in any file of a folder, in which there has to be something. */
function wordsIn(folder: string, words: readonly string[]): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  const all = Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))))
  assert.ok(all.includes('entry'), 'it keeps entries')
  const found = formsOf(words).filter(([, bytes]) => all.includes(bytes))
  return [...new Set(found.map(([word]) => word))]
}

/** Ids also as the bytes that they stand for. */
const formsOf = (words: readonly string[]) =>
  words.flatMap((word): [string, Buffer][] => [
    [word, Buffer.from(word)],
    ...(/^[\w-]{22,43}$/.test(word) && word !== SENTINEL
      ? [[word, Buffer.from(word, 'base64url')] as [string, Buffer]]
      : []),
  ])

/** Of these words, those that a process has anywhere in its memory; ids also as the bytes that they stand for. */
function memoryWith(pid: number, words: readonly string[]): Set<string> {
  const wanted = formsOf(words)
  const found = new Set<string>()
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
      if (!from) continue
      for (let at = Number(`0x${from}`); at < Number(`0x${to}`); at += PART - OVERLAP) {
        const part = Buffer.alloc(Math.min(PART, Number(`0x${to}`) - at))
        try {
          readSync(memory, part, 0, part.length, at)
        } catch {
          // Reserved, and not there.
          continue
        }
        for (const [word, bytes] of wanted) if (part.includes(bytes)) found.add(word)
      }
    }
  } finally {
    closeSync(memory)
  }
  return found
}
