/** The marks of all product source, and whether they are those of the list. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { housePaths } from '../../house.js'
import { root } from '../../runner/files.js'
import { defences } from '../defences.js'
import { marksIn, type Mark } from './marks.js'

export interface PlacedMark extends Mark {
  /** Path from the root, with forward slashes. */
  readonly file: string
}

const isProduct = (path: string): boolean =>
  /^(worker|client|shell|kube)\/.*\.ts$/.test(path) && !path.endsWith('.test.ts')

/** @throws Error a mark is not as it should be; the message says where */
export async function houseMarks(): Promise<PlacedMark[]> {
  const marks: PlacedMark[] = []
  for (const file of housePaths().filter(isProduct))
    try {
      for (const mark of await marksIn(readFileSync(join(root, file), 'utf8'))) marks.push({ ...mark, file })
    } catch (cause) {
      throw new Error(`${file}, ${(cause as Error).message}`, { cause })
    }
  return marks
}

/** What the list has and the source has not, and the other way round. */
export function disagreements(
  marks: readonly PlacedMark[],
  listed: readonly string[] = Object.keys(defences),
): string[] {
  const marked = new Set(marks.map(({ defence }) => defence))
  return [
    ...listed.filter((name) => !marked.has(name)).map((name) => `"${name}" is marked nowhere`),
    ...marks
      .filter(({ defence }) => !listed.includes(defence))
      .map(({ defence, file, line }) => `"${defence}" (${file}:${line}) is not in test/attacks/defences.ts`),
  ]
}
