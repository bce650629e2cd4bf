/**
 * Whether entries that a checkpoint stands for are kept: a space's setting, by its admins. It is said by objects of Hearth's own, of which the
 * last one counts that an admin's device made. Their type says it all: what an editor may do to an object changes nothing.
 */
import type { Echo } from './echo/echo.js'
import type { Halo } from './halo/halo.js'
import { HearthError } from './protocol/errors.js'
import { newId, type ObjectId, type SpaceId } from './protocol/ids.js'
import { HISTORY_DROPPED_TYPE, HISTORY_KEPT_TYPE } from './protocol/own-types.js'
import type { OwnObjects } from './own-objects.js'

export class History {
  constructor(
    private readonly platform: { random(bytes: number): Uint8Array },
    private readonly halo: Halo,
    private readonly echo: Echo,
    private readonly objects: OwnObjects,
  ) {}

  /** As far as the space is here. */
  isKept(id: SpaceId): boolean {
    const space = this.halo.get(id)
    const said = this.echo.madeOf(id, [HISTORY_KEPT_TYPE, HISTORY_DROPPED_TYPE]).filter(
      ({ author }) =>
        !!space &&
        // defence: history-by-admins
        space.isAdmin(author),
    )
    return said.at(-1)?.type !== HISTORY_DROPPED_TYPE
  }

  /**
   * @param keep null asks only
   * @returns whether it is kept now; durable when it resolves
   * @throws HearthError `echo/unknown-space`, `halo/not-allowed`, `store/…`
   */
  async keep(id: SpaceId, keep: boolean | null): Promise<boolean> {
    const space = this.halo.get(id)
    if (!space) throw new HearthError('echo/unknown-space')
    await this.echo.loadAll()
    if (keep === null || keep === this.isKept(id)) return this.isKept(id)
    if (!space.isAdmin(this.halo.device)) throw new HearthError('halo/not-allowed')
    const type = keep ? HISTORY_KEPT_TYPE : HISTORY_DROPPED_TYPE
    await this.objects.write([{ id: newId<ObjectId>(this.platform.random(16)), type, value: {} }], id)
    this.echo.checkpoints.lookAgain(id)
    return keep
  }
}
