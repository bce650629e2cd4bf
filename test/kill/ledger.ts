/** What the tabs of a cycle wrote, and what of it must be there: the invariant of the matrix. */
import { CHARACTERS, FIRST_CHARACTER, type BurstObject, type Shown } from './agent.js'

interface Entry {
  /** Batches up to this one are acknowledged. */
  acknowledged: number
  /** What is kept in the tab's `home.rejected`, as text. */
  refused: string
}

export interface Findings {
  /** Acknowledged, and gone. */
  readonly lost: readonly string[]
  /** There in part, or more than once. */
  readonly torn: readonly string[]
}

export class Ledger {
  private readonly tabs = new Map<number, Entry>()
  /** Once the store was cleared, tabs bring back object by object what they show: batches of theirs need not be whole. */
  restored = false

  constructor(readonly cycle: string) {}

  acknowledge(tab: number, n: number): void {
    const entry = this.entry(tab)
    entry.acknowledged = Math.max(entry.acknowledged, n)
  }

  refuse(tab: number, text: string): void {
    this.entry(tab).refused = text
  }

  /** The user has cleared what there was, and no tab showed it. */
  forget(): void {
    this.tabs.clear()
  }

  /** Whether this tab has had an acknowledgement. */
  has(tab: number): boolean {
    return (this.tabs.get(tab)?.acknowledged ?? 0) > 0
  }

  get acknowledged(): number {
    return [...this.tabs.values()].reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  check(shown: Shown): Findings {
    const lost: string[] = []
    const torn: string[] = []
    const present = new Map<number, Set<number>>()
    const batches = (tab: number) => present.get(tab) ?? present.set(tab, new Set()).get(tab)!
    const seen = new Set<string>()
    for (const character of shown.text) {
      if (seen.has(character)) torn.push(`a character is in the text twice (${describe(character)})`)
      seen.add(character)
      const { tab, n } = strokeOf(character)
      batches(tab).add(n)
    }
    const bursts = new Map<string, BurstObject[]>()
    for (const object of shown.objects) {
      const others = bursts.get(object.mark)
      if (others) others.push(object)
      else bursts.set(object.mark, [object])
    }
    for (const [mark, objects] of bursts) {
      if (!mark) {
        torn.push(`${objects.length} objects have nothing in them`)
        continue
      }
      const { tab, n } = partsOf(mark)
      batches(tab).add(n)
      const numbers = new Set(objects.map(({ i }) => i))
      if (objects.length !== objects[0]!.of || numbers.size !== objects.length)
        torn.push(
          `burst ${mark}: ${objects.length} objects, ${numbers.size} of them different, of ${objects[0]!.of}`,
        )
      if (!this.restored) torn.push(...editsOf(objects, bursts))
    }
    const total = [...present.values()].reduce((sum, { size }) => sum + size, 0)
    if (shown.count !== total && !this.restored)
      torn.push(`the count is ${shown.count}, and there are ${total} batches`)
    for (const [tab, { acknowledged, refused }] of this.tabs) {
      const there = batches(tab)
      // A later one is there: so must be those before it, acknowledged or not.
      const upTo = this.restored ? acknowledged : Math.max(acknowledged, ...there)
      for (let n = 1; n <= upTo; n++)
        if (!there.has(n) && !isRefused(refused, this.cycle, tab, n))
          lost.push(
            `batch ${n} of tab ${tab} ${n <= acknowledged ? 'was acknowledged' : 'came before others'} and is gone`,
          )
    }
    return { lost, torn }
  }

  private entry(tab: number): Entry {
    let entry = this.tabs.get(tab)
    if (!entry) this.tabs.set(tab, (entry = { acknowledged: 0, refused: '' }))
    return entry
  }
}

/** What is wrong with the edits that the next burst made of these objects. */
function editsOf(objects: readonly BurstObject[], bursts: ReadonlyMap<string, unknown>): string[] {
  const marks = new Set(objects.map(({ edited }) => edited))
  const { mark } = objects[0]!
  if (marks.size > 1) return [`burst ${mark}: only some of its objects have the edit of the next one`]
  const [edited] = [...marks]
  const { cycle, tab, n } = partsOf(mark)
  const next = `${cycle}/${tab}/${n + 1}`
  if (edited ? bursts.has(edited) : !bursts.has(next)) return []
  return [`burst ${mark}: edited by "${edited}", and ${next} is ${bursts.has(next) ? '' : 'not '}there`]
}

function partsOf(mark: string): { cycle: string; tab: number; n: number } {
  const [cycle = '', tab, n] = mark.split('/')
  return { cycle, tab: Number(tab), n: Number(n) }
}

function strokeOf(character: string): { tab: number; n: number } {
  const code = character.charCodeAt(0) - FIRST_CHARACTER
  return { tab: Math.floor(code / CHARACTERS), n: code % CHARACTERS }
}

const describe = (character: string): string => {
  const { tab, n } = strokeOf(character)
  return `batch ${n} of tab ${tab}`
}

const isRefused = (refused: string, cycle: string, tab: number, n: number): boolean =>
  refused.includes(`"${cycle}/${tab}/${n}"`) ||
  refused.includes(String.fromCharCode(FIRST_CHARACTER + tab * CHARACTERS + n))
