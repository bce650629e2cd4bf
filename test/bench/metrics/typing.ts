/** The editing trace: 20,000 edits, and all of them. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Arena } from '../arena.js'
import type { Edit } from '../page/page.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

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
  await run.alternateAnew({ rows: [inTab, durable], about: 'text' }, async (arena) => {
    const typed = await type(arena, edits)
    run.add(inTab, arena, typed.made)
    run.add(durable, arena, await typed.kept())
    await typed.seen
  })
}

export async function wholeTrace(run: Run): Promise<void> {
  const edits = readTrace()
  await run.alternateAnew({ rows: [whole], about: 'text' }, async (arena) => {
    const typed = await type(arena, edits)
    run.add(whole, arena, Math.max(await typed.kept(), await typed.seen))
  })
}

/** In milliseconds since the first edit. */
interface Typed {
  readonly made: number
  kept(): Promise<number>
  /** When the other tab had it all; rejects if it is not what was typed. */
  readonly seen: Promise<number>
}

async function type(arena: Arena, edits: readonly Edit[]): Promise<Typed> {
  const wanted = played(edits)
  const writer = await arena.tab()
  const reader = await arena.tab()
  await writer.evaluate(() => window.bench.openText(true))
  await reader.evaluate(() => window.bench.openText(false))
  const shown = reader.evaluate((text) => window.bench.textSeen(text), wanted)
  // Whoever waits for it hears; nobody does if the typing fails first.
  shown.catch(() => undefined)
  arena.begun = performance.now()
  const { began, made } = await writer.evaluate((all) => window.bench.type(all), edits)
  const text = await writer.evaluate(() => window.bench.text())
  if (text !== wanted) throw new Error(`${arena.system} has another text than was typed.`)
  const seen = shown.then((at) => at - began)
  seen.catch(() => undefined)
  return {
    made: made - began,
    kept: async () => (await writer.evaluate(() => window.bench.typed()))! - began,
    seen,
  }
}
