import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArgs, usage } from './args.js'
import { declared } from './settings/declared.js'

const refused = (argv: string[], says: RegExp) =>
  assert.throws(
    () => readArgs(argv),
    (error: Error & { code?: string }) =>
      error.code === 'kube/usage' && says.test(error.message) && !/\n/.test(error.message),
  )

test('takes folders in order, as they were typed', () => {
  const { apps } = readArgs(['--app', './notes', '--app=/srv/chat', '--app', '../bob'])
  assert.deepEqual(apps, ['./notes', '/srv/chat', '../bob'])
})

test('refuses what it does not understand, in one line that says what to do', () => {
  refused(['--ap', 'x'], /Unknown option '--ap'.*--help/)
  refused(['notes'], /"notes".*--help/)
  refused(['backup', 'here', 'there'], /too much after "backup".*--help/)
  refused(['--app'], /--app.*--help/)
  refused(['--app='], /needs the name of a folder/)
})

test('the help has every setting', () => {
  assert.equal(readArgs(['-h']).help, true)
  for (const { env } of Object.values(declared)) assert.ok(usage.includes(` ${env} `), env)
})
