/** The command line of the matrix. */
import { parseArgs } from 'node:util'
import { freshSeed } from '../e2e/random.js'
import { engineNames, type EngineName } from '../engines/engine.js'
import { cellsOf, type Cell } from './plan.js'

export interface Args {
  readonly browser: EngineName
  readonly cells: readonly Cell[]
  readonly cycles: number
  readonly seed: number
}

/** @throws Error that says what can be given */
export function readArgs(argv: readonly string[]): Args {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      browser: { type: 'string', default: 'chromium' },
      only: { type: 'string' },
      cycles: { type: 'string' },
      seed: { type: 'string' },
    },
  })
  const browser = engineNames.find((name) => name === values.browser)
  if (!browser) throw new Error(`--browser takes one of ${engineNames.join(', ')}.`)
  const whole = (name: 'cycles' | 'seed', otherwise: number) => {
    const number = Number(values[name] ?? otherwise)
    if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1.`)
    return number
  }
  return {
    browser,
    cells: cellsOf(values.only),
    cycles: whole('cycles', 3),
    seed: whole('seed', freshSeed() + 1),
  }
}
