import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { root } from '../runner/files.js'

type Case = readonly [room: string, source: string, complaint?: RegExp]

const offences: readonly Case[] = [
  [
    'worker/echo',
    "export * from '../halo/keys.js'",
    /worker\/echo may not import "worker\/halo\/keys\.js": ECHO, HALO/,
  ],
  ['worker/echo', "export * from '../platform/browser.js'", /worker\/echo may not import "worker\/platform/],
  ['worker/echo', "export * from 'node:fs'", /worker\/echo may not import "node:fs"/],
  [
    'worker/echo',
    'export const at = () => Date.now()',
    /Date\.now: Time, chance and timers come from Platform/,
  ],
  ['worker/echo', 'export const at = () => new Date()', /new Date\(\): Time/],
  ['worker/echo', 'export const store = () => indexedDB.open("x")', /indexedDB: What the environment offers/],
  ['worker', 'export const later = () => setTimeout(() => {}, 1)', /setTimeout: Time/],
  ['worker', "export * from './platform/browser.js'", /worker may not import "worker\/platform/],
  ['worker/platform', "export { Runtime } from '../runtime.js'", /except as types: a platform implements/],
  ['worker/protocol', "export * from 'comlink'", /worker\/protocol may not import the package "comlink"/],
  [
    'client',
    "export * from '../worker/runtime.js'",
    /client may not import "worker\/runtime\.js": a tab is thin/,
  ],
  [
    'client',
    "export const core = () => import('@automerge/automerge')",
    /the package "@automerge\/automerge"/,
  ],
  ['shell', "export * from '../worker/session.js'", /shell may not import "worker\/session\.js"/],
  ['kube', "export * from '../worker/platform/browser.js'", /kube may not import "worker\/platform/],
  ['kube', "export * from '../test/runner/files.js'", /Nothing imports test\//],
]

const obedient: readonly Case[] = [
  ['worker/echo', "export * from '../protocol/ids.js'"],
  ['worker/platform', "export type { Runtime } from '../runtime.js'"],
  ['worker/platform', 'export const now = () => Date.now()'],
  ['worker/echo', 'export const at = (date: Date, performance: string) => [new Date(0), date, performance]'],
  ['client', "export * from 'comlink'"],
  ['shell', "export * from '../client/index.js'"],
  ['kube', "export * from 'node:fs'"],
]

/** A house with the same rules and nothing but these files: rules go by where a file lies. */
const house = mkdtempSync(join(tmpdir(), 'hearth-lint-'))
after(() => rmSync(house, { recursive: true, force: true }))

describe('the linter', () => {
  const cases = [...offences, ...obedient]
  let complaints: string[] = []
  before(() => {
    complaints = lint(cases)
  })
  cases.forEach(([room, source, complaint], index) => {
    if (complaint) it(`refuses in ${room}/: ${source}`, () => assert.match(complaints[index]!, complaint))
    else it(`allows in ${room}/: ${source}`, () => assert.doesNotMatch(complaints[index]!, /hearth\(/))
  })
})

/** What the linter says about each of the files. */
function lint(files: readonly (readonly [room: string, source: string, ...unknown[]])[]): string[] {
  cpSync(join(root, 'test/lint'), join(house, 'test/lint'), { recursive: true })
  cpSync(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json'))
  const paths = files.map(([room], index) => `${room}/case-${index}.ts`)
  files.forEach(([, source], index) => {
    mkdirSync(dirname(join(house, paths[index]!)), { recursive: true })
    writeFileSync(join(house, paths[index]!), `${source}\n`)
  })
  const { stdout, error } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/oxlint/bin/oxlint'), '--format', 'unix'],
    { cwd: house, encoding: 'utf8', timeout: 60_000 },
  )
  if (error) throw error
  return paths.map((path) =>
    stdout
      .split('\n')
      .filter((line) => line.includes(`${path}:`))
      .join('\n'),
  )
}
