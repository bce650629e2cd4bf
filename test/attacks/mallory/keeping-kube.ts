/** A KUBE that keeps spaces, where everybody meets: the real one, whatever is made of its folder. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../../kube/replicas/database.js'
import { Keeper } from '../../../kube/replicas/keeper.js'
import type { Limits } from '../../../kube/replicas/room.js'
import { belongingOf } from '../../../worker/belongings.js'
import type { SpaceId } from '../../../worker/protocol/ids.js'
import { SPACE_TYPE } from '../../../worker/protocol/own-types.js'
import { KEEP_TOPIC, KEEPER } from '../../../worker/protocol/wire.js'
import { until } from './clock.js'
import type { Stranger } from './relay.js'
import { KUBE, type Person, type World } from './world.js'

/** On a busy machine, what is honest takes its time, in milliseconds. */
export const PATIENCE_MS = 20_000

export class KeepingKube implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'hearth-keeping-'))
  database = new Database(this.folder)
  keeper = new Keeper(this.database)
  private there: Stranger | undefined

  constructor(readonly world: World) {
    this.comes()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  comes(): void {
    this.there = this.world.relay.enter(KEEP_TOPIC, undefined, KEEPER)
    this.there.onCalled = (link) => void this.keeper.visit(link)
  }

  leaves(): void {
    this.there?.leave()
  }

  /** While it is stopped, something is done to what it has. */
  async change(run: (database: Database) => Promise<void>, limits: Partial<Limits> = {}): Promise<void> {
    await this.keeper.close()
    const database = new Database(this.folder)
    await run(database)
    await database.close()
    this.database = new Database(this.folder)
    this.keeper = new Keeper(this.database, { limits })
  }

  /** It keeps the spaces of somebody from now on, and their personal space, and their words lead there. */
  async keeps(person: Person, ...spaces: SpaceId[]): Promise<void> {
    if (!person.opened) await person.online()
    for (const space of [...spaces, person.personal]) await person.opened!.keeping.add(space, KUBE)
    await this.hasAll(person, ...spaces)
  }

  /** All that somebody has of them is there. */
  async hasAll(person: Person, ...spaces: SpaceId[]): Promise<void> {
    const of = (space: SpaceId) => person.opened!.keeping.of(space)[0]
    // Of a space that somebody else has had kept, the personal space says so a little later.
    const noted = (space: SpaceId) =>
      person.echo
        .objectsOf(person.personal, SPACE_TYPE)
        .some((record) => record.value['space'] === space && belongingOf(record).hosts.includes(KUBE))
    await until('noted', () => spaces.every(noted), PATIENCE_MS)
    await person.echo.settled()
    await until(
      'all of it to be kept',
      () =>
        of(person.personal)?.recovers === true &&
        [...spaces, person.personal].every((space) => of(space)?.state === 'kept'),
      PATIENCE_MS,
    )
  }
}

let recoveries = 0

/** @returns the code of why not; '' if it went well */
export async function recover(
  person: Person,
  by: string | Uint8Array,
  kubes: readonly string[] = [KUBE],
): Promise<string> {
  if (!person.opened) await person.online()
  const id = `recovery ${++recoveries}`
  try {
    await person.opened!.recovering.begin(id, by, kubes)
    await person.joins.joined(id)
    return ''
  } catch (e) {
    return (e as { code?: string }).code ?? String(e)
  }
}
