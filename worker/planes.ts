/** Opens what a device has: its keys and spaces (HALO), and what is in them (ECHO), on one store. */
import { Belongings } from './belongings.js'
import { Echo } from './echo/echo.js'
import { moveSpace } from './echo/first-format.js'
import { readHeads } from './echo/opening.js'
import type { EchoPlatform } from './echo/platform.js'
import type { FeedPosition as HaloPosition } from './halo/holdings.js'
import { Halo } from './halo/halo.js'
import { FormerNames } from './former-names.js'
import type { Move } from './halo/loading.js'
import type { HaloPlatform } from './halo/platform.js'
import { OwnObjects } from './own-objects.js'
import { Passkeys } from './passkeys.js'
import type { Store } from './store.js'

/** What the personal space lacks of other spaces is written so long after the opening, in milliseconds. */
const BELONGINGS_MS = 3000

export interface PlanesPlatform extends EchoPlatform, HaloPlatform {
  /** @throws HearthError `store/unavailable`, `store/newer` */
  openStore(): Promise<Store>
}

export interface Planes {
  readonly halo: Halo
  readonly echo: Echo
  readonly passkeys: Passkeys
  /** For tabs that were open when spaces were moved. */
  readonly former: FormerNames
}

/**
 * @param gone runs if the store is lost: nothing of this is of any more use then
 * @throws HearthError `store/…`, `halo/keys-lost`
 */
export async function openPlanes(platform: PlanesPlatform, gone?: () => void): Promise<Planes> {
  const store = await platform.openStore()
  try {
    // What ECHO reads first does not depend on who this is, unless it is yet to be moved.
    const [halo, early, before] = await Promise.all([
      Halo.open(platform, store),
      readHeads(store, platform),
      store.get<readonly Move[]>('meta', 'moved'),
    ])
    const moved = await move(platform, store, halo)
    const heads = moved ? await readHeads(store, platform) : early
    const echo = await Echo.open(platform, store, heads, halo.spaces, gone)
    echo.wipeLater(halo.left)
    const own = new OwnObjects(halo, echo)
    const belongings = new Belongings(platform, halo, own)
    // After the first tabs have what they ask for.
    platform.later(() => belongings.due(), BELONGINGS_MS)
    halo.onChange(() => {
      for (const keeper of halo.spaces) if (!echo.has(keeper.id)) echo.addSpace(keeper)
      for (const { id } of echo.spaceInfos) if (!halo.get(id)) void echo.dropSpace(id)
      echo.changedSpaces()
      belongings.due()
      // What cannot be taken in now is, with whatever comes next.
      void echo.exchange.rejudge().catch(() => undefined)
    })
    halo.positions = (space, device) => echo.exchange.cutOf(space, device) as Promise<HaloPosition>
    return {
      halo,
      echo,
      passkeys: new Passkeys(platform, halo, own),
      former: new FormerNames(moved ? halo.moving : (before ?? [])),
    }
  } catch (e) {
    store.close()
    throw e
  }
}

/** Spaces of the first builds. */
async function move(platform: PlanesPlatform, store: Store, { moving, spaces }: Halo): Promise<boolean> {
  if (moving.length === 0) return false
  for (const { device, from, to } of moving) {
    const keeper = spaces.find(({ id }) => id === to)
    if (keeper) await moveSpace(platform, store, { device, space: from }, keeper)
  }
  await store.write(
    [
      { table: 'meta', key: 'moving', delete: true },
      { table: 'meta', key: 'moved', put: moving },
    ],
    'strict',
  )
  return true
}
