/**
 * The rows of a run as one picture: each a line, with the floor, Hearth and its peers as multiples of the floor on a
 * log axis. It brings its own background, light or dark as the reader's system is.
 */
import type { Row } from './rows.js'
import { peerNames, type PeerName } from './systems.js'

const WIDTH = 880
const LEFT = 330
const RIGHT = 840
const TOP = 100
const STEP = 32
/** The ratios at both ends of the axis. */
const FROM = 0.3
const TO = 400
const TICKS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200]

type Shown = 'hearth' | PeerName
const labels: Record<Shown, string> = {
  hearth: 'Hearth',
  'automerge-repo': 'automerge-repo',
  yjs: 'Yjs',
  tinybase: 'TinyBase',
}

const STYLE = `
    .paper { fill: #fffdfa; stroke: #ecdccb } .ink { fill: #3b2413 } .soft { fill: #7d5c40; font-size: 12px }
    .grid { stroke: #f1e6da } .line { stroke: #ecdccb } .floor { stroke: #7d5c40; stroke-width: 2 }
    .budget { stroke: #3b2413; stroke-width: 2.5 } .mark { stroke: #fffdfa; stroke-width: 1.5 }
    .hearth { fill: #c4661f } .automerge-repo { fill: #5c7286 } .yjs { fill: #4d7a49 } .tinybase { fill: #85619f }
    .value { fill: #c4661f; font-size: 12px; font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #221912; stroke: #4a3727 } .ink { fill: #f6e9da } .soft { fill: #cdb49b }
      .grid { stroke: #33261b } .line { stroke: #4a3727 } .floor { stroke: #cdb49b }
      .budget { stroke: #f6e9da } .mark { stroke: #221912 }
      .hearth { fill: #f0954a } .automerge-repo { fill: #9db4c8 } .yjs { fill: #8fc08a } .tinybase { fill: #c3a2de }
      .value { fill: #f0954a }
    }`

/** @param rows those that have a ratio and a budget of one are shown */
export function picture(rows: readonly Row[]): string {
  const shown = rows.filter(({ ratio, budget }) => ratio !== undefined && budget?.endsWith('×'))
  const height = TOP + shown.length * STEP + 44
  const bottom = height - 44
  const ticks = TICKS.map(
    (ratio) =>
      `<path class="${ratio === 1 ? 'floor' : 'grid'}" d="M${at(ratio)} ${TOP - 16} V${bottom}" />` +
      `<text class="soft" x="${at(ratio)}" y="${bottom + 18}" text-anchor="middle">${ratio} ×</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Hearth and others, as multiples of the physical floor" font-family="system-ui, sans-serif" font-size="14">
  <style>${STYLE}
  </style>
  <rect class="paper" x="1" y="1" width="${WIDTH - 2}" height="${height - 2}" rx="16" />
  <text class="ink" x="30" y="34" font-weight="600">Times the floor: a Map in a worker, raw messages, IndexedDB. Further left is better.</text>
  ${legend(rows)}
  ${ticks.join('\n  ')}
  <text class="soft" x="${at(1)}" y="${bottom + 34}" text-anchor="middle">the floor</text>
  ${shown.map((row, n) => line(row, TOP + n * STEP)).join('\n  ')}
</svg>
`
}

function legend(rows: readonly Row[]): string {
  const named: Shown[] = ['hearth', ...peerNames.filter((name) => rows.some(({ peers }) => peers?.[name]))]
  let x = 38
  const entries = named.map((name) => {
    const entry = `${mark(x, 60, name)}<text class="soft" x="${x + 14}" y="64">${labels[name]}</text>`
    x += 48 + labels[name].length * 7
    return entry
  })
  const budget = `<path class="budget" d="M${x} 52 v16" /><text class="soft" x="${x + 10}" y="64">Hearth’s budget</text>`
  return [...entries, budget].join('\n  ')
}

function line({ metric, ratio, budget, peers }: Row, y: number): string {
  const limit = Number(/[\d.]+/.exec(budget!)![0])
  const others = peerNames.flatMap((name) => {
    const other = peers?.[name]
    if (other?.ratio === undefined) return []
    const x = at(other.ratio)
    // It was stopped there, and would have needed more; or there is no more room.
    const beyond = other.stopped !== undefined || other.ratio > TO
    return [mark(x, y, name), beyond ? `<text class="soft" x="${x + 9}" y="${y + 4}">→</text>` : '']
  })
  return (
    `<text class="ink" x="30" y="${y + 5}">${metric}</text>` +
    `<text class="value" x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${ratio!.toFixed(2)} ×</text><path class="line" d="M${LEFT} ${y} H${RIGHT}" />` +
    `<path class="budget" d="M${at(limit)} ${y - 11} v22" />${others.join('')}${mark(at(ratio!), y, 'hearth')}`
  )
}

/** Where a ratio is; what lies beyond the axis is at its end. */
function at(ratio: number): number {
  const part = Math.log(Math.min(TO, Math.max(FROM, ratio)) / FROM) / Math.log(TO / FROM)
  return Math.round(LEFT + part * (RIGHT - LEFT))
}

/** Each has a shape of its own, for those who do not tell the colours apart. */
function mark(x: number, y: number, name: Shown): string {
  const shapes: Record<Shown, string> = {
    hearth: `<circle cx="${x}" cy="${y}" r="8"`,
    'automerge-repo': `<rect x="${x - 5.5}" y="${y - 5.5}" width="11" height="11"`,
    yjs: `<path d="M${x} ${y - 7} l7 7 -7 7 -7 -7 z"`,
    tinybase: `<path d="M${x} ${y - 7} l7 12 h-14 z"`,
  }
  return `${shapes[name]} class="mark ${name}" />`
}
