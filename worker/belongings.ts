/**
 * What the personal space keeps of the other spaces: which they are, their latest keys, and who hosts them. Every epoch of the
 * personal space is sealed to the recovery words, too; so the words, and a host that keeps the personal space, give back all the
 * others. Any device of the identity keeps it true: what is missing is written after each change, and at each opening.
 */
import type { Halo } from './halo/halo.js'
import type { HaloSpace } from './halo/space.js'
import type { OwnObjects } from './own-objects.js'
import { newId, type ObjectId, type SpaceId } from './protocol/ids.js'
import { SPACE_TYPE } from './protocol/own-types.js'
import type { Item, ObjectRecord } from './protocol/rpc.js'
import type { StoredRecord } from './protocol/values.js'

export interface BelongingsPlatform {
  random(bytes: number): Uint8Array
  later(run: () => void, ms: number): () => void
}

/** What an object of this type holds. Another device may have written it, or a later build. */
export interface Belonging {
  readonly space: SpaceId
  /** Of 32 bytes, by the log entries that began their epochs. */
  readonly keys: ReadonlyMap<string, Uint8Array>
  /** That of the first epoch, by which the space is found where it is kept; undefined if an earlier build has written this. */
  readonly first: Uint8Array | undefined
  /** Addresses of KUBEs that keep it, or have kept it. */
  readonly hosts: readonly string[]
}

/** Addresses that are kept of one space, at most. */
const MAX_HOSTS = 8
/** Changes come in groups; in milliseconds. */
const GATHER_MS = 50

export class Belongings {
  /** Addresses of KUBEs that keep a space, as far as that is known here. */
  hostsOf: (space: SpaceId) => readonly string[] = () => []
  private cancel: (() => void) | undefined
  private writing: Promise<void> = Promise.resolve()

  constructor(
    private readonly platform: BelongingsPlatform,
    private readonly halo: Halo,
    private readonly objects: OwnObjects,
  ) {}

  /** Something may be missing. What cannot be written now is, with the next change or at the next opening. */
  due(): void {
    this.cancel?.()
    this.cancel = this.platform.later(() => void this.noted(), GATHER_MS)
  }

  /** Resolves when nothing is missing that can be written now. */
  noted(): Promise<void> {
    this.writing = this.writing.then(() => this.write()).catch(() => undefined)
    return this.writing
  }

  private async write(): Promise<void> {
    const { spaces, left } = this.halo
    const others = spaces.filter(({ isPersonal }) => !isPersonal)
    // Most people have one space: nobody reads all of it only to find nothing to do.
    if (others.length + left.size === 0 || !spaces[0]!.mayWrite) return
    const kept = new Map<SpaceId, ObjectRecord>()
    const items: Item[] = []
    for (const record of await this.objects.all(SPACE_TYPE)) {
      const { space } = belongingOf(record)
      // Two devices that had not met have each written one: everybody keeps the first.
      if (left.has(space) || kept.has(space)) items.push({ id: record.id, op: { t: 'gone', v: true } })
      else kept.set(space, record)
    }
    for (const space of others) items.push(...this.itemsOf(space, kept.get(space.id)))
    await this.objects.write(items)
  }

  private itemsOf(space: HaloSpace, record: ObjectRecord | undefined): Item[] {
    const latest = [...space.knownKeys()]
    const first = space.keyring.get(space.log.membership.id)
    const known = this.hostsOf(space.id)
    if (!record) {
      const id = newId<ObjectId>(this.platform.random(16))
      const value = {
        ...{ space: space.id, keys: Object.fromEntries(latest), hosts: [...known] },
        ...(first && { first }),
      }
      return latest.length > 0 ? [{ id, type: SPACE_TYPE, value }] : []
    }
    const { id } = record
    const { keys, first: noted, hosts } = belongingOf(record)
    const added = latest.filter(([epoch]) => !keys.has(epoch))
    // Of an epoch of which this device has not heard, another one has.
    const past = [...keys.keys()].filter((epoch) => space.log.isPast(epoch))
    return [
      ...(first && !noted ? [{ id, op: { t: 'put', at: ['first'], v: first } } satisfies Item] : []),
      // One that has heard of fewer takes none away: two would write it again and again.
      ...(known.every((url) => hosts.includes(url))
        ? []
        : [{ id, op: { t: 'put', at: ['hosts'], v: together(known, hosts) } } satisfies Item]),
      ...added.map(([epoch, v]): Item => ({ id, op: { t: 'put', at: ['keys', epoch], v } })),
      ...past.map((epoch): Item => ({ id, op: { t: 'del', at: ['keys', epoch] } })),
    ]
  }
}

/** As far as it can be read. */
export function belongingOf({ value }: Pick<ObjectRecord, 'value'>): Belonging {
  type Value = { space: SpaceId; keys?: StoredRecord; first?: unknown; hosts?: unknown }
  const { space, keys, first, hosts } = value as Readonly<Value>
  const readable = Object.entries(keys ?? {}).filter(([, key]) => key instanceof Uint8Array)
  return {
    ...{ space, keys: new Map(readable as [string, Uint8Array][]) },
    first: first instanceof Uint8Array ? first : undefined,
    hosts: Array.isArray(hosts) ? hosts.filter((url): url is string => typeof url === 'string') : [],
  }
}

/** Those that keep it now come first. */
const together = (now: readonly string[], before: readonly string[]): string[] =>
  [...new Set([...now, ...before])].slice(0, MAX_HOSTS)
