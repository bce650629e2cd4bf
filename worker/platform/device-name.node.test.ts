import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameOfDevice } from './device-name.js'

const mozilla = 'Mozilla/5.0'
const names: readonly (readonly [string, string])[] = [
  [
    'Chrome on Linux',
    `${mozilla} (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36`,
  ],
  [
    'Edge on Windows',
    `${mozilla} (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
  ],
  ['Firefox on Mac', `${mozilla} (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0`],
  [
    'Safari on iPhone',
    `${mozilla} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1`,
  ],
  [
    'Chrome on iPhone',
    `${mozilla} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1`,
  ],
  [
    'Chrome on Android',
    `${mozilla} (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36`,
  ],
  ['A browser', 'something else'],
]

for (const [name, userAgent] of names)
  test(`a device is called “${name}” at first`, () => assert.equal(nameOfDevice(userAgent), name))
