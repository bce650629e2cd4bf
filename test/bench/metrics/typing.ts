/** The editing trace: 20,000 edits, and all of them. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Edit } from '../page/page.js'
import type { RowSpec } from '../rows.js'
import type { Measure, Run } from '../run.js'

const COUNT = 20_000

const inTab: RowSpec = {
  metric: 'typing-trace 20,000, in the tab',
  unit: 'ms',
  budget: { of: 'ratio', limit: 2 },
}
const durable: RowSpec = {
  metric: 'typing-trace 20,000, durable',
  unit: 'ms',
  budget: { of: 'ratio', limit: 2 },
}
const whole: RowSpec = {
  metric: 'whole trace, durable and seen',
  unit: 'ms',
  budget: { of: 'ratio', limit: 1.5 },
}

/** @param count all of them if it is left out */
export function readTrace(count?: number): Edit[] {
  const file = new URL('../data/automerge-paper.json.gz', import.meta.url)
  const { txns } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { txns: { patches: Edit[] }[] }
  return txns.flatMap(({ patches }) => patches).slice(0, count)
}

/** What a text is after these edits. */
export function played(edits: readonly Edit[]): string {
  let text = ''
  for (const [index, deleteCount, insert] of edits)
    text = text.slice(0, index) + insert + text.slice(index + deleteCount)
  return text
}

export async function typingTrace(run: Run): Promise<void> {
  const edits = readTrace(COUNT)
  await run.alternateAnew(
    type(edits, (arena, { began, made, kept }) => {
      run.add(inTab, arena, made - began)
      run.add(durable, arena, kept - began)
    }),
  )
}

export async function wholeTrace(run: Run): Promise<void> {
  const edits = readTrace()
  await run.alternateAnew(
    type(edits, (arena, { began, kept, seen }) => run.add(whole, arena, Math.max(kept, seen) - began)),
  )
}

interface Typed {
  readonly began: number
  readonly made: number
  readonly kept: number
  readonly seen: number
}

function type(edits: readonly Edit[], tell: (arena: Parameters<Measure>[0], typed: Typed) => void): Measure {
  const wanted = played(edits)
  return async (arena) => {
    const writer = await arena.tab()
    const reader = await arena.tab()
    await writer.evaluate(() => window.bench.openText(true))
    await reader.evaluate(() => window.bench.openText(false))
    const shown = reader.evaluate((text) => window.bench.textSeen(text), wanted)
    const { began, made, durable: kept } = await writer.evaluate((all) => window.bench.type(all), edits)
    const seen = await shown
    const text = await writer.evaluate(() => window.bench.text())
    if (text !== wanted) throw new Error(`${arena.system} has another text than was typed.`)
    tell(arena, { began, made, kept, seen })
  }
}
