import { found } from '../../test/suite-platforms.js'
import { checks } from './vectors/checks.js'

describe('published vectors in a browser', () => {
  for (const { name, run } of checks) it(name, () => run(found))
})
