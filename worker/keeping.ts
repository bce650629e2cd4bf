/**
 * Which KUBEs keep which spaces of this device, as ciphertext. A space says so itself, by objects of Hearth's own, so that everybody who is in
 * goes there; an admin has to have said it, for whoever is in will connect to that address.
 */
import type { Halo } from './halo/halo.js'
import type { HaloSpace } from './halo/space.js'
import { HostedReplica } from './hosted-replica.js'
import { Keeper } from './mesh/keeping/keeper.js'
import type { Kept } from './mesh/keeping/kept.js'
import type { Other } from './mesh/kube.js'
import type { Appended } from './mesh/platform.js'
import type { NetworkPlatform } from './network.js'
import { signalUrl, type Networking } from './networking.js'
import type { OwnObjects } from './own-objects.js'
import { passIn } from './pass.js'
import { HearthError, invalid } from './protocol/errors.js'
import { newId, toBase64Url, type ObjectId, type SpaceId } from './protocol/ids.js'
import { HOST_TYPE } from './protocol/own-types.js'
import type { HostInfo, Item, ObjectRecord } from './protocol/rpc.js'
import { KEEP_TOPIC, KEEPER } from './protocol/wire.js'
import type { Store } from './store.js'

/** Rows of `meta`: KUBEs by space, as last seen; and what is yet to be deleted where. */
const HOSTS = 'hosts'
const FORGETTING = 'forgetting'
/** KUBEs that keep one space, at most. */
const MAX_HOSTS = 8
/** Changes come in groups; in milliseconds. */
const GATHER_MS = 200
/** A KUBE that was asked to keep a space says so within this time, in milliseconds. */
const ANSWER_MS = 4_000
const LOOK_MS = 20

type HostsRow = Readonly<Record<SpaceId, readonly string[]>>
type Forgetting = readonly (readonly [SpaceId, url: string])[]

export class Keeping {
  private readonly keepers = new Map<string, Keeper>()
  private bySpace: HostsRow = {}
  /** Of those that a space does not name (yet, or any more). */
  private asked: Forgetting = []
  private forgetting: Forgetting = []
  /** Where it was said that all of it is to be deleted. */
  private readonly told = new WeakSet<Kept>()
  private cancelLook: (() => void) | undefined
  private looking: Promise<void> = Promise.resolve()
  private isAttending = false

  constructor(
    private readonly platform: NetworkPlatform,
    private readonly store: Store,
    private readonly halo: Halo,
    private readonly objects: OwnObjects,
    private readonly networking: Networking,
  ) {}

  /** @throws HearthError `store/…` */
  async resume(): Promise<void> {
    const [hosts = {}, forgetting = []] = await Promise.all([
      this.store.get<HostsRow>('meta', HOSTS),
      this.store.get<Forgetting>('meta', FORGETTING),
    ])
    this.bySpace = hosts
    this.forgetting = forgetting
    this.apply()
    void this.look().catch(() => undefined)
  }

  /** What people see of it. */
  of(space: SpaceId): HostInfo[] {
    return (this.bySpace[space] ?? []).map((url): HostInfo => {
      const kept = this.keeperAt(url)?.of(space)
      if (!kept) return { url, state: 'away' }
      if (kept.refusal) return { url, state: 'refused', code: kept.refusal, ...kept.room }
      return { url, state: kept.isLevel ? 'kept' : 'syncing', ...kept.room }
    })
  }

  has(space: SpaceId): boolean {
    return (this.bySpace[space] ?? []).length > 0
  }

  /** Whether what some KUBE has of it is here. */
  hasCaughtUp(space: SpaceId): boolean {
    return [...this.keepers.values()].some((keeper) => keeper.of(space)?.hasCaughtUp)
  }

  appended(space: SpaceId, entries: readonly Appended[], isOwn: boolean): void {
    for (const keeper of this.keepers.values()) keeper.appended(space, entries, isOwn)
    this.lookSoon()
  }

  /** Who is in what may be otherwise now. */
  refresh(): void {
    this.apply()
  }

  /**
   * Resolves when it has agreed to keep the space, and everybody who is in will hear of it.
   * @throws HearthError `echo/unknown-space`, `echo/invalid`, `halo/not-allowed`, `mesh/host-…`, `mesh/timeout`, `store/…`
   */
  async add(space: SpaceId, address: string): Promise<void> {
    const url = addressOf(address)
    const known = this.halo.get(space)
    if (!known) throw new HearthError('echo/unknown-space')
    if (!known.kept.mayRegister) throw new HearthError('halo/not-allowed')
    await this.look()
    const pass = passIn(address)
    const passes = new Map(pass && [[url, pass]])
    const urls = this.bySpace[space] ?? []
    if (urls.includes(url)) return this.networking.use([url], passes)
    if (urls.length >= MAX_HOSTS) invalid(`a space is kept by up to ${MAX_HOSTS} servers; remove one first`)
    await this.networking.use([url], passes)
    await this.setForgetting(this.without(this.forgetting, space, url))
    this.asked = [...this.asked, [space, url]]
    this.apply()
    try {
      await this.answered(space, url)
      await this.objects.write([this.newHost(url)], space)
      await this.look()
    } finally {
      this.asked = this.without(this.asked, space, url)
      this.apply()
    }
  }

  /**
   * It is used no more by anybody, and is to delete what it has: at once if it is there, or else when it next is.
   * @throws HearthError `echo/unknown-space`, `halo/not-allowed`, `store/…`
   */
  async remove(space: SpaceId, address: string): Promise<void> {
    const url = addressOf(address)
    const known = this.halo.get(space)
    if (!known) throw new HearthError('echo/unknown-space')
    if (!known.kept.mayRegister) throw new HearthError('halo/not-allowed')
    const records = (await this.objects.all(HOST_TYPE, space)).filter(({ value }) => value['url'] === url)
    if (records.length === 0) return
    await this.setForgetting([...this.forgetting, [space, url]])
    await this.objects.write(
      records.map(({ id }) => ({ id, op: { t: 'gone', v: true } })),
      space,
    )
    await this.look()
  }

  stop(): void {
    this.cancelLook?.()
    for (const keeper of this.keepers.values()) keeper.stop()
  }

  /** Keepers are told what to keep. */
  private apply(): void {
    const wanted = new Map<string, Set<SpaceId>>()
    const want = (space: SpaceId, url: string) => wanted.set(url, (wanted.get(url) ?? new Set()).add(space))
    for (const [space, urls] of Object.entries(this.bySpace))
      for (const url of urls) want(space as SpaceId, url)
    for (const [space, url] of [...this.asked, ...this.forgetting]) want(space, url)
    for (const url of wanted.keys()) if (!this.keeperAt(url)) this.make(url)
    for (const [url, keeper] of this.keepers) {
      const spaces = [...wanted].find(([kube]) => signalUrl(kube) === url)?.[1] ?? new Set()
      keeper.keep([...spaces].flatMap((space) => this.replicaOf(space) ?? []))
    }
    this.forgetNow()
  }

  private make(url: string): void {
    const signal = signalUrl(url)
    const keeper = new Keeper(this.platform, () => this.networking.identity.keeperKey(signal), {
      held: (space, device, seq) => this.networking.wasHeld(space, device, seq),
      changed: () => {
        this.forgetNow()
        this.networking.changed()
      },
    })
    this.keepers.set(signal, keeper)
    this.attend()
    // It may have been used for something else before.
    for (const other of this.networking.mesh.at(signal, KEEP_TOPIC)) if (isKeeper(other)) keeper.came(other)
    void this.networking.use([url]).catch(() => undefined)
  }

  /** Where KUBEs themselves are met: nobody goes there who has nothing kept. */
  private attend(): void {
    if (this.isAttending) return
    this.isAttending = true
    this.networking.mesh.appoint({
      ...{ topic: KEEP_TOPIC, secret: KEEP_TOPIC, isSeeking: true },
      came: (other) => isKeeper(other) && this.keepers.get(other.kube.url)?.came(other),
    })
  }

  private keeperAt(url: string): Keeper | undefined {
    return this.keepers.get(signalUrl(url))
  }

  private replicaOf(space: SpaceId): HostedReplica | undefined {
    const halo = this.halo.get(space)
    const local = this.networking.replicas.all.find((one) => one.space === space)
    if (!halo || !local) return undefined
    const isLeaving = this.forgetting.some(([of]) => of === space) && !this.has(space)
    return new HostedReplica(halo, local, isLeaving)
  }

  /** What is to be deleted where it is kept. */
  private forgetNow(): void {
    for (const [space, url] of this.forgetting) {
      const kept = this.keeperAt(url)?.of(space)
      if (!kept) continue
      // It has done so; or it has no such thing, or is not to be told so by this device: it would say that again.
      if (kept.refusal !== undefined) void this.setForgetting(this.without(this.forgetting, space, url))
      else if (kept.isKept && !this.told.has(kept)) {
        this.told.add(kept)
        void kept.forget().catch(() => undefined)
      }
    }
  }

  private without(list: Forgetting, space: SpaceId, url: string): Forgetting {
    return list.filter(([of, at]) => of !== space || at !== url)
  }

  private async setForgetting(list: Forgetting): Promise<void> {
    if (list.length === this.forgetting.length) return
    this.forgetting = list
    await this.store.write([{ table: 'meta', key: FORGETTING, put: list }], 'strict')
    this.apply()
  }

  /** @throws HearthError `mesh/host-…`, `mesh/timeout` */
  private async answered(space: SpaceId, url: string): Promise<void> {
    const end = this.platform.now() + ANSWER_MS
    for (;;) {
      const kept = this.keeperAt(url)?.of(space)
      if (kept?.refusal) throw new HearthError(kept.refusal as 'mesh/host-full')
      if (kept?.isKept) return
      if (this.platform.now() >= end) throw new HearthError('mesh/host-away', { kube: url })
      await new Promise<void>((resolve) => this.platform.later(resolve, LOOK_MS))
    }
  }

  private lookSoon(): void {
    this.cancelLook ??= this.platform.later(() => {
      this.cancelLook = undefined
      void this.look().catch(() => undefined)
    }, GATHER_MS)
  }

  /** Reads what spaces say. One look after the other: the one that began last is the one that counts. */
  private look(): Promise<void> {
    const next = this.looking.then(() => this.lookNow())
    this.looking = next.catch(() => undefined)
    return next
  }

  private async lookNow(): Promise<void> {
    const found: Record<SpaceId, readonly string[]> = {}
    for (const space of this.halo.spaces) {
      const records = await this.objects.all(HOST_TYPE, space.id)
      const urls = records
        .filter(
          ({ author, value }) =>
            isAddress(value['url']) &&
            // defence: hosts-by-admins
            space.isAdmin(author),
        )
        .map(urlOf)
      urls.push(...(await this.adopted(space, records.map(urlOf), urls)))
      if (urls.length > 0) found[space.id] = [...new Set(urls)].slice(0, MAX_HOSTS)
    }
    if (JSON.stringify(found) === JSON.stringify(this.bySpace)) return
    this.bySpace = found
    await this.store.write([{ table: 'meta', key: HOSTS, put: found }], 'relaxed')
    this.apply()
    this.networking.changed()
  }
  /** Whoever said so is an admin no more, and nobody has said that it is not to be kept there any longer: this device says so. */
  private async adopted(
    { id, kept }: HaloSpace,
    said: readonly string[],
    known: readonly string[],
  ): Promise<string[]> {
    const before = this.bySpace[id] ?? []
    const orphans = said.filter((url) => !known.includes(url) && before.includes(url))
    if (orphans.length === 0 || !kept.mayRegister) return []
    const urls = [...new Set(orphans)]
    await this.objects.write(
      urls.map((url) => this.newHost(url)),
      id,
    )
    return urls
  }

  private newHost(url: string): Item {
    return { id: newId<ObjectId>(this.platform.random(16)), type: HOST_TYPE, value: { url } }
  }
}

/** @returns http: or https:, without a slash at the end @throws HearthError `echo/invalid` */
function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    invalid(`"${text}" is not the address of a server; begin it with https://`)
  return url.href.replace(/[?#].*$/, '').replace(/\/+$/, '')
}

/** A KUBE that knows of no such thing lets others be there. */
const isKeeper = ({ peer }: Other): boolean => toBase64Url(peer) === toBase64Url(KEEPER)

const urlOf = ({ value }: ObjectRecord): string => value['url'] as string

const isAddress = (url: unknown): url is string => {
  try {
    return typeof url === 'string' && addressOf(url) === url
  } catch {
    return false
  }
}
