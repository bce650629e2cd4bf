import { describe, it } from 'node:test'
import { found } from '../../test/suite-platforms.js'
import { checks } from './vectors/checks.js'

describe('published vectors', () => {
  for (const { name, run } of checks) it(name, () => run(found))
})
