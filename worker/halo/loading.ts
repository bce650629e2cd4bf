/** What HALO finds in a store, and what it begins where there is nothing. */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, IdentityId, SpaceId } from '../protocol/ids.js'
import type { Damage } from '../protocol/status.js'
import type { Key, Store, Write } from '../store.js'
import { Keyring } from './epochs/keyring.js'
import { beginIdentity, beginSpace, type Begun } from './genesis.js'
import { deviceIdOf, readKept, type SignedEntry } from './log/signed.js'
import { SpaceLog } from './log/space-log.js'
import type { LogEntryId } from './membership/actions.js'
import type { OwnDevice } from './own-device.js'
import type { HaloPlatform } from './platform.js'
import { HaloSpace } from './space.js'
import { createDeviceKeys, loadDeviceKeys, type DeviceKeys, type KeptKeys } from './suite/device-keys.js'
import { newRecoverySecret, recoveryOf, type Recovery } from './suite/recovery.js'

export interface Loaded {
  readonly own: OwnDevice
  readonly spaces: readonly HaloSpace[]
  readonly damage: readonly Damage[]
  /** Spaces that were left, or deleted: only their logs are kept. */
  readonly left: readonly SpaceId[]
  /** These, as far as their logs can be read: others may have to hear of it. */
  readonly departed: readonly HaloSpace[]
  /** Spaces as the first builds wrote them, which are yet to be moved: the device and the space then, and the space now. */
  readonly moving: readonly Move[]
}
export interface Move {
  readonly device: string
  readonly from: string
  readonly to: SpaceId
}
/** A row of spaces. */
export interface SpaceRow {
  readonly id: SpaceId
  readonly createdAt?: number
  /** Of the first builds, which knew spaces by nothing else. */
  readonly name?: string
  readonly personal?: boolean
  /** It was left, or deleted: only its log is kept. */
  readonly left?: boolean
}
type Row<T> = { readonly key: Key; readonly value: T }

export async function loadHalo(platform: HaloPlatform, store: Store): Promise<Loaded> {
  const [kept, former, moving, log, keys, spaces] = await Promise.all([
    store.get<KeptKeys>('keys', 'device'),
    store.get<string>('meta', 'device'),
    store.get<readonly Move[]>('meta', 'moving'),
    store.rows<Uint8Array>('log'),
    store.rows<Uint8Array>('keys'),
    store.rows<SpaceRow>('spaces'),
  ])
  if (kept) return loadKept(platform, kept, moving ?? [], log, keys, spaces)
  return begin(platform, store, former, spaces)
}

/** A space of entries that were checked. */
export function keptSpace(
  platform: HaloPlatform,
  own: OwnDevice,
  entries: readonly SignedEntry[],
  createdAt: number,
): HaloSpace {
  const keyring = new Keyring(platform)
  for (const signed of entries) keyring.meet(signed)
  return new HaloSpace(platform, SpaceLog.of(entries), keyring, own, createdAt)
}

async function loadKept(
  platform: HaloPlatform,
  kept: KeptKeys,
  moving: readonly Move[],
  log: readonly Row<Uint8Array>[],
  keys: readonly Row<Uint8Array>[],
  rows: readonly Row<SpaceRow>[],
): Promise<Loaded> {
  const byId = new Map(rows.map(({ value }) => [value?.id, value]))
  const left = rows.flatMap(({ value }) => (value?.left ? [value.id] : []))
  const entries = new Map<SpaceId, Uint8Array[]>()
  for (const { key, value } of log) {
    const id = key[0] as SpaceId
    const list = entries.get(id)
    if (list) list.push(value)
    else entries.set(id, [value])
  }
  const identity = keys.find(({ key }) => key === 'identity')?.value as unknown as IdentityId
  const recovery = new Map(
    keys.flatMap(({ key, value }) => (key[0] === 'recovery' ? [[key[1] as IdentityId, value] as const] : [])),
  )
  const own = ownDevice(platform, deviceOf(kept), identity, recovery, () => loadDeviceKeys(platform, kept))
  const damage: Damage[] = []
  const spaces: HaloSpace[] = []
  const departed: HaloSpace[] = []
  for (const [id, list] of entries) {
    const row = byId.get(id)
    try {
      const space = keptSpace(platform, own, list.map(readKept), row?.createdAt ?? 0)
      for (const { key, value } of keys) if (key[0] === id) space.keyring.restore(key[1] as LogEntryId, value)
      if (row?.left) departed.push(space)
      else spaces.push(space)
    } catch (e) {
      if (row?.left) continue
      damage.push({ what: 'space', space: id, message: `its membership log cannot be read (${String(e)})` })
    }
  }
  const personal = spaces.find(({ isPersonal }) => isPersonal)
  if (!personal) throw new HearthError('store/unavailable', { reason: 'the log of this identity is damaged' })
  return { own, spaces: inOrder(spaces), damage, left, departed, moving }
}

/** The first visit of a device; or the first one since identities are. */
async function begin(
  platform: HaloPlatform,
  store: Store,
  former: string | undefined,
  rows: readonly Row<SpaceRow>[],
): Promise<Loaded> {
  const { kept, keys } = await freshKeys(platform, store)
  const recovery = newRecoverySecret(platform)
  const profile = { displayName: '', deviceName: platform.deviceName() }
  const identity = await beginIdentity(platform, keys, await recoveryOf(platform, recovery), profile, former)
  const id = identity.genesis.entry.id as string as IdentityId
  const own = ownDevice(platform, deviceOf(kept), id, new Map([[id, recovery]]), async () => keys)
  const old = former === undefined ? [] : rows.map(({ value }) => value).filter((row) => !!row?.id)
  const personal = begun(platform, own, identity, old.find((row) => row.personal)?.createdAt)
  const spaces = [personal]
  const moving: Move[] = []
  for (const row of old) {
    const space = row.personal
      ? personal
      : begun(platform, own, await beginSpace(platform, keys, personal.log, row.name!, former), row.createdAt)
    if (space !== personal) spaces.push(space)
    moving.push({ device: former!, from: row.id, to: space.log.id })
  }
  await store.write(
    [
      ...keptAs(kept),
      { table: 'keys', key: 'identity', put: own.identity },
      recoveryRow(own.identity, recovery),
      { table: 'meta', key: 'device', delete: true },
      { table: 'meta', key: 'moving', put: moving },
      ...old.map(({ id }): Write => ({ table: 'spaces', key: id, delete: true })),
      ...spaces.flatMap(rowsOf),
    ],
    'strict',
  )
  return { own, spaces: inOrder(spaces), damage: [], left: [], departed: [], moving }
}

/** Keys that the store was seen to keep. @throws HearthError `halo/keys-lost`, `store/…` */
export function freshKeys(platform: HaloPlatform, store: Store): ReturnType<typeof createDeviceKeys> {
  return createDeviceKeys(platform, async (value) => {
    await store.write([{ table: 'keys', key: 'trial', put: value }], 'relaxed')
    return store.get('keys', 'trial')
  })
}

/** From then on, the store is that of the device with these keys. */
export const keptAs = (kept: KeptKeys): Write[] => [
  { table: 'keys', key: 'trial', delete: true },
  { table: 'keys', key: 'device', put: kept },
]

function begun(
  platform: HaloPlatform,
  own: OwnDevice,
  { genesis, key }: Begun,
  createdAt = platform.now(),
): HaloSpace {
  const space = keptSpace(platform, own, [genesis], createdAt)
  space.keyring.restore(genesis.entry.id, key)
  return space
}

function rowsOf({ log, keyring, info: { createdAt } }: HaloSpace): Write[] {
  const { id } = log
  const epoch = log.membership.id
  const [genesis] = log.entries
  return [
    { table: 'spaces', key: id, put: { id, createdAt } satisfies SpaceRow },
    { table: 'log', key: [id, 0], put: genesis!.bytes },
    { table: 'keys', key: [id, epoch], put: keyring.get(epoch) },
  ]
}

const deviceOf = ({ signing }: KeptKeys): DeviceId => deviceIdOf(signing)

/** The words of this identity are kept here. @param secret what they stand for: 32 bytes */
export const recoveryRow = (identity: IdentityId, secret: Uint8Array): Write => ({
  ...{ table: 'keys', key: ['recovery', identity], put: secret },
})

/** Keys are tried once, and again if that fails. */
function ownDevice(
  platform: HaloPlatform,
  id: DeviceId,
  identity: IdentityId,
  recovery: Map<IdentityId, Uint8Array>,
  load: () => Promise<DeviceKeys>,
): OwnDevice {
  let loading: Promise<DeviceKeys> | undefined
  const made = new Map<IdentityId, Promise<Recovery>>()
  return {
    ...{ id, identity, recovery },
    async words() {
      const secret = recovery.get(this.identity)
      const known = made.get(this.identity) ?? (secret && recoveryOf(platform, secret))
      if (known) made.set(this.identity, known)
      return known
    },
    keys: () =>
      (loading ??= load().catch((e: unknown) => {
        loading = undefined
        throw e
      })),
  }
}

const inOrder = (spaces: HaloSpace[]): HaloSpace[] =>
  spaces.sort((a, b) => Number(b.isPersonal) - Number(a.isPersonal) || a.info.createdAt - b.info.createdAt)
