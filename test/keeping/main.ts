/**
 * `npm run test:keeping -- kills 500`: what is tried with a KUBE that keeps spaces, for as long as somebody wants to wait. `npm run build`
 * comes first. The end-to-end tests do the same in short.
 */
import { quantile } from '../bench/stats.js'
import { damaged } from './damage.js'
import { killed, type Kills } from './kills.js'

const [what, count = '10'] = process.argv.slice(2)
if (what === 'kills') {
  const told = ({ acknowledged, lost, checkpoints, starts }: Kills) => {
    const [median, slowest] = [quantile(starts, 0.5), Math.max(...starts)].map((ms) => Math.round(ms))
    return `${starts.length} kills, ${acknowledged} entries acknowledged, ${lost} lost; ${checkpoints} checkpoints in place of some; ready again in ${median} ms, at most ${slowest} ms`
  }
  const so = await killed(Number(count), (n, so) => {
    if (n % 25 === 0) console.error(told(so))
  })
  console.log(told(so))
  process.exitCode = so.lost > 0 || Math.max(...so.starts) > 2_000 ? 1 : 0
} else if (what === 'damage') {
  const { ends, aside, lost } = await damaged(Number(count), 1, (n, so) => {
    if (n % 5 === 0) console.error(`${n} damaged: ${JSON.stringify(so)}`)
  })
  console.log(
    `${count} times damaged: ended ${ends} times, set aside ${aside} times, ${lost} times not whole again`,
  )
  process.exitCode = ends + lost > 0 ? 1 : 0
} else throw new Error(`There is no "${what}"; there are kills and damage.`)
process.exit()
