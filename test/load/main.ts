/**
 * `npm run test:load`: 10,000 idle devices, 1,000 slow ones, and 1,000,000 frames of garbage. `npm run build` comes first, and `ulimit -n 16000`.
 * `--idle`, `--slow` and `--garbage` take other numbers; the end-to-end tests do the same in short.
 */
import { parseArgs } from 'node:util'
import { quantile } from '../bench/stats.js'
import { loaded } from './load.js'

const number = (fallback: string) => ({ type: 'string', default: fallback }) as const
const { values } = parseArgs({
  options: { idle: number('10000'), slow: number('1000'), garbage: number('1000000') },
})
const load = { idle: Number(values.idle), slow: Number(values.slow), garbage: Number(values.garbage) }
const { roundTrips, bareTrips, appends, ...rest } = await loaded(load, (what) => console.error(what))
const ms = (list: readonly number[], q: number) => `${quantile(list, q).toFixed(1)} ms`
const told = (list: readonly number[]) =>
  `${list.length}, p50 ${ms(list, 0.5)}, p99 ${ms(list, 0.99)}, slowest ${ms(list, 1)}`
console.log(
  [
    `${rest.connections} connections with garbage in ${(rest.floodMs / 1_000).toFixed(1)} s, ${rest.left} of them not ended`,
    `slow devices were sent ${(rest.sent / 1e6).toFixed(0)} MB, and hung up on ${rest.slowGone} times`,
    `round trips of the honest: ${told(roundTrips)}`,
    `the same over a bare relay that nobody else uses: ${told(bareTrips)}`,
    `entries appended and acknowledged: ${told(appends)}`,
    `idle devices still there: ${rest.idle} of ${load.idle}`,
    `the server ${rest.isRunning ? 'runs' : 'has ended'}; ${(rest.peak / 1e6).toFixed(0)} MB resident at its peak`,
  ].join('\n'),
)
const holds = rest.isRunning && rest.peak < 1e9 && quantile(roundTrips, 0.99) < 100
process.exit(holds && rest.idle === load.idle && rest.left === 0 ? 0 : 1)
