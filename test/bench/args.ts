/** The command line of the bench. */
import { parseArgs } from 'node:util'

export interface Args {
  /** Names of metrics; all if empty. */
  readonly only: readonly string[]
  readonly peers: boolean
  readonly reps: number
  readonly json: string | undefined
  readonly quick: boolean
}

export function readArgs(argv: readonly string[]): Args {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      peers: { type: 'boolean', default: false },
      reps: { type: 'string' },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  })
  const reps = Number(values.reps ?? (values.quick ? 1 : 5))
  if (!Number.isInteger(reps) || reps < 1) throw new Error('--reps takes a whole number from 1.')
  return {
    only: values.only?.split(',').map((name) => name.trim()) ?? [],
    peers: values.peers,
    reps,
    json: values.json,
    quick: values.quick,
  }
}
