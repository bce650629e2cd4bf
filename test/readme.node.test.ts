/** What a stranger reads must be true: the commands, the links, and nothing of anybody's own machine. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, it } from 'node:test'
import { housePaths, inHouse } from './house.js'
import { root } from './runner/files.js'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const documents = () => housePaths().filter((path) => path.endsWith('.md'))

describe('README.md', () => {
  it('shows the two commands on its first screen', () => {
    const screen = read('README.md').split('\n').slice(0, 30).join('\n')
    for (const command of ['npm ci && npm start', 'npm ci && npm test'])
      assert.ok(screen.includes(command), `"${command}" is not in the first 30 lines`)
  })
  it('names only commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...read('README.md').matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]!)
    assert.deepEqual(
      named.filter((name) => !scripts[name]),
      [],
    )
  })
})

describe('the documents', () => {
  it('link to files and headings that exist', () => {
    const broken = documents().flatMap((path) =>
      linksOf(read(path))
        .filter((link) => !resolves(path, link))
        .map((link) => `${path}: ${link}`),
    )
    assert.deepEqual(broken, [])
  })
})

describe('the project', () => {
  // Spelt so that these lines do not find themselves.
  const strangers = [/(^|[\s"'`(=:])\/(work|root)\/\w/m, /https?:\/\/registry\./, /\.\.\/shared\b\//]
  it('names no path of a machine it was made on, and no package registry', () => {
    const found = housePaths()
      .filter((path) => /\.(ts|mjs|cjs|js|json|md|html|css|yml|svg)$|^\.ci\/run$/.test(path))
      .filter((path) => !/^test\/bench\/(.*\/)?data\//.test(path))
      .flatMap((path) => strangers.filter((one) => one.test(read(path))).map((one) => `${path}: ${one}`))
    assert.deepEqual(found, [])
  })
})

/** Targets of Markdown links and images that lead to files of the project, or to headings. */
function linksOf(text: string): string[] {
  const prose = text.replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)]
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
}

function resolves(from: string, link: string): boolean {
  const [file, heading] = link.split('#') as [string, string?]
  const path = file ? posix.join(posix.dirname(from), decodeURI(file)) : from
  if (!inHouse(path)) return false
  return !heading || !path.endsWith('.md') || headings(read(path)).has(heading)
}

/** Anchors as forges make them of headings. */
function headings(text: string): Set<string> {
  const lines = text.replace(/```.*?```/gs, '').match(/^#+ .*$/gm) ?? []
  return new Set(lines.map((line) => anchor(line.replace(/^#+ /, ''))))
}

const anchor = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
