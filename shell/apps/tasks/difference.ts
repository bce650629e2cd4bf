/** Differences of texts: what was edited, and where that is in a text that others have changed meanwhile. */

/** At `from`, `removed` UTF-16 units gave way to `inserted`. */
export interface Edit {
  readonly from: number
  readonly removed: number
  readonly inserted: string
}

/** The one stretch that turns `before` into `after`, never through the middle of a character. */
export function difference(before: string, after: string): Edit {
  let from = 0
  const shorter = Math.min(before.length, after.length)
  while (from < shorter && before[from] === after[from]) from++
  if (isHighSurrogate(before, from - 1)) from--
  let tail = 0
  while (tail < shorter - from && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  if (tail > 0 && isHighSurrogate(before, before.length - tail - 1)) tail--
  return { from, removed: before.length - tail - from, inserted: after.slice(from, after.length - tail) }
}

export const apply = (text: string, { from, removed, inserted }: Edit): string =>
  text.slice(0, from) + inserted + text.slice(from + removed)

/** Where a position is after an edit of someone else's; one inside what was replaced comes to lie behind it. */
export function mapPosition(at: number, { from, removed, inserted }: Edit): number {
  if (at <= from) return at
  return Math.max(from, at - removed) + inserted.length
}

/** `mine`, made on `base`, as it must be made on what `base` has become meanwhile. */
export function rebase(mine: Edit, base: string, now: string): Edit {
  if (base === now) return mine
  const theirs = difference(base, now)
  const from = mapPosition(mine.from, theirs)
  return { from, removed: mapPosition(mine.from + mine.removed, theirs) - from, inserted: mine.inserted }
}

const isHighSurrogate = (text: string, index: number) => /[\uD800-\uDBFF]/.test(text.charAt(index))
