/** ARCHITECTURE.md has a map of the house, a tree in a block of text; it must show what is there. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { housePaths, inHouse } from './house.js'
import { root } from './runner/files.js'

const map = () => readMap(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))

describe('the map in ARCHITECTURE.md', () => {
  it('is read line by line', () => {
    const text = [
      '```text',
      'README.md  LICENSE.txt   what it is',
      'worker/                  the runtime',
      '  protocol/',
      '    rpc.ts  ids.ts       the contracts, in rpc.ts and ids.ts',
      'kube/                    server',
      '```',
    ].join('\n')
    assert.deepEqual(readMap(text), [
      ...['README.md', 'LICENSE.txt', 'worker/', 'worker/protocol/'],
      ...['worker/protocol/rpc.ts', 'worker/protocol/ids.ts', 'kube/'],
    ])
  })
  it('names only what exists', () => {
    assert.deepEqual(
      map().filter((path) => !inHouse(path)),
      [],
    )
  })
  it('shows every room at the top', () => {
    const rooms = housePaths().filter((path) => /^[^/.][^/]*\/$/.test(path))
    assert.deepEqual(missing(rooms), [])
  })
  it('shows every folder of source', () => {
    const folders = housePaths()
      .filter((path) => path.endsWith('.ts'))
      .map((path) => `${dirname(path)}/`)
      // What a test reads is described where the test is.
      .filter((folder) => !/\/(fixtures|pages)\//.test(folder) && folder !== './')
    assert.deepEqual(missing([...new Set(folders)]), [])
  })
})

/** Those of the folders that are not on the map. */
function missing(folders: readonly string[]): string[] {
  const shown = new Set(map())
  return folders.filter((folder) => !shown.has(folder))
}

/** Paths in the first tree of the text: two spaces of indent a level, names first, two spaces before what is said. */
function readMap(text: string): string[] {
  const tree = /```text\n(.*?)```/s.exec(text)?.[1]
  assert.ok(tree, 'ARCHITECTURE.md has no block of text with the map')
  const folders: string[] = []
  return tree.split('\n').flatMap((line) => {
    const depth = line.search(/\S/) / 2
    if (depth < 0) return []
    assert.ok(
      Number.isInteger(depth) && depth <= folders.length,
      `not indented by two spaces a level: "${line}"`,
    )
    const tokens = line.trim().split(/\s{2,}/)
    const end = tokens.findIndex((token) => !/^[\w@-]*[./][\w@./-]*$/.test(token))
    const names = end === -1 ? tokens : tokens.slice(0, end)
    assert.ok(names.length > 0, `names nothing: "${line}"`)
    const paths = names.map((name) => folders.slice(0, depth).join('') + name)
    folders.splice(depth, Infinity, ...names.slice(0, 1).filter((name) => name.endsWith('/')))
    return paths
  })
}
