/**
 * What spaces and this device were called before they were moved (`echo/first-format.ts`), for tabs that were open then: they go on
 * as if nothing had happened, and whatever they have not sent yet arrives where it belongs.
 */
import type { Move } from './halo/loading.js'
import type { DeviceId, SpaceId } from './protocol/ids.js'
import type { SpaceInfo } from './protocol/facts.js'

export class FormerNames {
  constructor(private readonly moved: readonly Move[]) {}

  get device(): DeviceId | undefined {
    return this.moved[0]?.device as DeviceId | undefined
  }

  /** As it is called now. */
  now<T extends string | undefined>(space: T): T {
    return (this.moved.find(({ from }) => from === space)?.to as T | undefined) ?? space
  }

  /** As the tab calls it. */
  formerly(space: SpaceId): SpaceId {
    return (this.moved.find(({ to }) => to === space)?.from as SpaceId | undefined) ?? space
  }

  infos(spaces: readonly SpaceInfo[]): SpaceInfo[] {
    return spaces.map((info) => ({ ...info, id: this.formerly(info.id) }))
  }
}
