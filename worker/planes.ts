/** Opens what a device has: its keys and spaces (HALO), and what is in them (ECHO), on one store. */
import { Belongings } from './belongings.js'
import { Capsules } from './capsules.js'
import { Echo, type EchoEvents } from './echo/echo.js'
import { moveSpace } from './echo/first-format.js'
import { readHeads } from './echo/opening.js'
import type { EchoPlatform } from './echo/platform.js'
import type { FeedPosition as HaloPosition } from './halo/holdings.js'
import { Halo } from './halo/halo.js'
import { FormerNames } from './former-names.js'
import { History } from './history.js'
import type { Move } from './halo/loading.js'
import type { HaloPlatform } from './halo/platform.js'
import type { MeshPlatform } from './mesh/platform.js'
import { Network } from './network.js'
import { OwnObjects } from './own-objects.js'
import { Passkeys } from './passkeys.js'
import type { Store } from './store.js'
import { Transfers } from './transfer/transfers.js'

/** What the personal space lacks of other spaces is written so long after the opening, in milliseconds. */
const BELONGINGS_MS = 3000

export interface PlanesPlatform extends EchoPlatform, HaloPlatform, MeshPlatform {
  /** @throws HearthError `store/unavailable`, `store/newer` */
  openStore(): Promise<Store>
}

export interface Planes {
  readonly halo: Halo
  readonly echo: Echo
  readonly passkeys: Passkeys
  /** For tabs that were open when spaces were moved. */
  readonly former: FormerNames
  readonly network: Network
  readonly history: History
  readonly transfers: Transfers
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
    const copied = async () => {
      const echo = await opening
      if (await cameInAnew(halo, echo)) gone?.()
      else echo.twins.released()
    }
    let network: Network | undefined
    let history: History | undefined
    const events: EchoEvents = {
      ...(gone && { gone }),
      copied: () => void copied(),
      appended: (space, entries, isOwn) => network?.appended(space, entries, isOwn),
      covered: (space) => network?.checkpointed(space),
      // Nobody takes the checkpoint of who is no admin any more. An owner stays one: what is gone by theirs can be had from it.
      mayDrop: (space) => history?.isKept(space) === false && halo.get(space)?.role === 'owner',
    }
    const opening: Promise<Echo> = Echo.open(platform, store, heads, halo.spaces, events)
    const echo = await opening
    if (echo.twins.isCopied(halo.device) && (await cameInAnew(halo, echo)))
      return await openPlanes(platform, gone)
    await echo.twins.writeTails().catch(() => undefined)
    echo.wipeLater(halo.left)
    const own = new OwnObjects(halo, echo)
    history = new History(platform, halo, echo, own)
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
      network?.refresh()
    })
    halo.positions = (space, device) => echo.exchange.cutOf(space, device) as Promise<HaloPosition>
    const capsules = new Capsules(platform, halo, own)
    const net = new Network(platform, store, halo, echo, own, capsules, () => belongings.noted())
    belongings.hostsOf = (space) => net.urlsOf(space)
    network = net
    return {
      halo,
      echo,
      network,
      history,
      passkeys: new Passkeys(platform, halo, own),
      transfers: new Transfers(
        platform,
        { platform, halo, echo, objects: own, capsules, random: (n) => platform.random(n) },
        network,
      ),
      former: new FormerNames(moved ? halo.moving : (before ?? [])),
    }
  } catch (e) {
    store.close()
    throw e
  }
}

/**
 * Somebody else writes as this device: it comes in as another one, if it has to, and the store is closed. Whoever opens it next opens it
 * as that one.
 * @returns false if it cannot, and goes on as it is: it is out, say, or there is no room; the next opening tries again
 */
async function cameInAnew(halo: Halo, echo: Echo): Promise<boolean> {
  try {
    const row = await echo.twins.formerRow(halo.device)
    if (echo.twins.isCopied(halo.device)) await halo.admissions.enrolAnew([row])
    echo.close()
    return true
  } catch {
    return false
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
