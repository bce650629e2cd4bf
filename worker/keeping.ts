/**
 * Which KUBEs keep which spaces of this device, as ciphertext. A space says so itself, by objects of Hearth's own, so that everybody who is in
 * goes there; an admin has to have said it, for whoever is in will connect to that address.
 */
import type { Halo } from './halo/halo.js'
import type { HaloSpace } from './halo/space.js'
import { addressOf, isAddress, passesIn } from './addresses.js'
import { Arrivals, type Fetched } from './arrivals.js'
import type { Capsules } from './capsules.js'
import { HostedReplica } from './hosted-replica.js'
import { KeepingAll } from './keeping-all.js'
import { Keeper, type Words } from './mesh/keeping/keeper.js'
import type { Kept } from './mesh/keeping/kept.js'
import type { Other } from './mesh/kube.js'
import type { Appended } from './mesh/platform.js'
import type { NetworkPlatform } from './network.js'
import { signalUrl, type Networking } from './networking.js'
import type { OwnObjects } from './own-objects.js'
import { HearthError, invalid } from './protocol/errors.js'
import { newId, toBase64Url, type ObjectId, type SpaceId } from './protocol/ids.js'
import { HOST_TYPE } from './protocol/own-types.js'
import type { HostInfo } from './protocol/facts.js'
import type { Item, ObjectRecord } from './protocol/rpc.js'
import { KEEP_TOPIC, KEEPER, type KeptCapsule } from './protocol/wire.js'
import type { Store, Write } from './store.js'

/** Rows of `meta`: KUBEs by space, as last seen; what is yet to be deleted where; and what came from where, by recovery words. */
const HOSTS = 'hosts'
const FORGETTING = 'forgetting'
const RECOVERED = 'recovered'
/** KUBEs that keep one space, at most. */
const MAX_HOSTS = 8
/** Changes come in groups; in milliseconds. */
const GATHER_MS = 200
/** A KUBE that was asked to keep a space says so within this time, in milliseconds. */
const ANSWER_MS = 4_000
const LOOK_MS = 20

type HostsRow = Readonly<Record<SpaceId, readonly string[]>>
/** What is done with which space where. */
type Places = readonly (readonly [SpaceId, url: string])[]

export class Keeping {
  private readonly keepers = new Map<string, Keeper>()
  private bySpace: HostsRow = {}
  /** Of those that a space does not name (yet, or any more). */
  private asked: Places = []
  private forgetting: Places = []
  /** Of those that were found there by recovery words, until they say themselves where they are kept. */
  private recovered: Places = []
  private readonly arrivals: Arrivals
  /** Where it was said that all of it is to be deleted. */
  private readonly told = new WeakSet<Kept>()
  private cancelLook: (() => void) | undefined
  private looking: Promise<void> = Promise.resolve()
  private isAttending = false
  /** Spaces that come later. */
  private readonly all: KeepingAll

  constructor(
    private readonly platform: NetworkPlatform,
    private readonly store: Store,
    private readonly halo: Halo,
    private readonly objects: OwnObjects,
    private readonly networking: Networking,
    private readonly capsules: Capsules,
    /** Where something is kept is otherwise now. Resolves when the personal space says so. */
    private readonly hostsChanged: () => Promise<void>,
  ) {
    this.all = new KeepingAll(platform, halo, objects, this, () => networking.changed())
    this.arrivals = new Arrivals(
      platform,
      (url, space) => this.keeperAt(url)?.of(space),
      (space, url) => this.replicaOf(space, signalUrl(url)),
      {
        changed: () => this.apply(),
        refused: (space) => {
          if (!halo.get(space)) this.recovered = this.recovered.filter(([of]) => of !== space)
        },
      },
    )
  }

  /** @throws HearthError `store/…` */
  async resume(): Promise<void> {
    const [hosts = {}, forgetting = [], recovered = []] = await Promise.all([
      this.store.get<HostsRow>('meta', HOSTS),
      this.store.get<Places>('meta', FORGETTING),
      this.store.get<Places>('meta', RECOVERED),
    ])
    this.bySpace = hosts
    this.forgetting = forgetting
    this.recovered = recovered
    this.refresh()
    void this.look().catch(() => undefined)
  }

  /** What people see of it. */
  of(space: SpaceId): HostInfo[] {
    const urls = this.urlsOf(space)
    const lacking = this.all.lacking(space).filter(({ url }) => !urls.includes(url))
    return [...urls.map((url) => this.hostAt(url, space)), ...lacking]
  }

  private hostAt(url: string, space: SpaceId): HostInfo {
    const kept = this.keeperAt(url)?.of(space)
    const all = space === this.objects.space && this.all.isWanted(url) && ({ all: true } as const)
    if (!kept) return { url, state: 'away', ...all }
    if (kept.refusal) return { url, state: 'refused', code: kept.refusal, ...kept.room, ...all }
    const { passkeys } = kept
    const recovers = { ...(kept.isFound && ({ recovers: true } as const)), ...(passkeys > 0 && { passkeys }) }
    return { url, state: kept.isLevel ? 'kept' : 'syncing', ...kept.room, ...recovers, ...all }
  }

  /** Addresses of those that keep it. */
  urlsOf(space: SpaceId): readonly string[] {
    return this.bySpace[space] ?? []
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

  /** There is another checkpoint of it here. */
  checkpointed(space: SpaceId): void {
    for (const keeper of this.keepers.values()) keeper.checkpointed(space)
    this.lookSoon()
  }

  /** Who is in what may be otherwise now. */
  refresh(): void {
    this.apply()
    this.all.due()
    void this.capsules.leaveBehind().catch(() => undefined)
  }

  /**
   * Resolves when it has agreed to keep the space, and everybody who is in will hear of it.
   * @param isAll of the personal space: all others are kept there, too, also those that come later
   * @throws HearthError `echo/unknown-space`, `echo/invalid`, `halo/not-allowed`, `mesh/host-…`, `mesh/timeout`, `store/…`
   */
  async add(space: SpaceId, address: string, isAll = false): Promise<void> {
    const url = addressOf(address)
    const known = this.halo.get(space)
    if (!known) throw new HearthError('echo/unknown-space')
    if (!known.kept.mayRegister) throw new HearthError('halo/not-allowed')
    if (isAll && !known.isPersonal)
      invalid('only of the personal space can it be said that all are to be kept')
    await this.look()
    await this.networking.use([url], passesIn([address]))
    if (!this.urlsOf(space).includes(url)) {
      // Without it, the recovery words would lead to nothing there.
      if (!known.isPersonal) await this.add(this.objects.space, url)
      await this.addNew(space, url, () => true)
    }
    if (!isAll) return
    await this.all.begin(await this.saying(known, url))
    await this.look()
  }

  /**
   * As `add`, of what is kept beside the personal space.
   * @param isWanted asked once the KUBE has agreed: if it is not any more, it is to delete it
   * @throws HearthError as `add`
   */
  async addNew(space: SpaceId, url: string, isWanted: () => boolean): Promise<void> {
    const urls = this.urlsOf(space)
    if (urls.includes(url)) return
    if (urls.length >= MAX_HOSTS) invalid(`a space is kept by up to ${MAX_HOSTS} servers; remove one first`)
    await this.setForgetting(this.without(this.forgetting, space, url))
    this.asked = [...this.asked, [space, url]]
    this.apply()
    try {
      await this.answered(space, url)
      if (!isWanted()) return await this.setForgetting([...this.forgetting, [space, url]])
      await this.objects.write([this.newHost(url)], space)
      await this.look()
      // Where to find it is in the personal space, too, when this resolves.
      await this.hostsChanged()
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
    await this.all.except(space, url)
    const records = (await this.objects.all(HOST_TYPE, space)).filter(({ value }) => value['url'] === url)
    if (records.length === 0) return this.networking.changed()
    await this.setForgetting([...this.forgetting, [space, url]])
    await this.objects.write(
      records.map(({ id }) => ({ id, op: { t: 'gone', v: true } })),
      space,
    )
    await this.look()
  }

  // What is not here, and is found by recovery words

  /** @returns what leads to the personal space of these words, or from a passkey to them; null if that is not kept there @throws HearthError `echo/invalid`, `mesh/host-away`, `store/…` */
  async seek(address: string, words: Words, ms: number): Promise<KeptCapsule | null> {
    const url = addressOf(address)
    await this.networking.use([url])
    return this.keeperOf(url).seek(words, ms)
  }

  /**
   * The log of a space, from all of these that have it; of one that is here, as it is here. Until `enter` or `refuse` is called, nothing
   * else of it comes.
   * @param first the key of its first epoch
   * @throws HearthError why none has it: `mesh/host-…`, `mesh/timeout`, `store/…`
   */
  async fetch(space: SpaceId, first: Uint8Array, addresses: readonly string[], ms: number): Promise<Fetched> {
    const urls = [...new Set(addresses.map(addressOf))]
    await this.networking.use(urls)
    if (this.halo.get(space)) {
      const log = this.halo.admissions.entriesOf(space)
      return { log, urls, enter: () => this.apply(), refuse: () => undefined }
    }
    return this.arrivals.fetch(space, first, urls, ms)
  }

  /** To be written with what brings the space here: from the next opening on, it is kept where it came from. */
  rowWith(space: SpaceId, urls: readonly string[]): Write {
    const fresh = urls.map((url) => [space, url] as const)
    this.recovered = [...this.recovered.filter(([of]) => of !== space), ...fresh]
    return { table: 'meta', key: RECOVERED, put: this.recovered }
  }

  stop(): void {
    this.cancelLook?.()
    this.all.stop()
    for (const keeper of this.keepers.values()) keeper.stop()
  }

  /** Keepers are told what to keep. */
  private apply(): void {
    const wanted = new Map<string, Set<SpaceId>>()
    const want = (space: SpaceId, url: string) => wanted.set(url, (wanted.get(url) ?? new Set()).add(space))
    for (const [space, urls] of Object.entries(this.bySpace))
      for (const url of urls) want(space as SpaceId, url)
    for (const [space, url] of [...this.asked, ...this.forgetting, ...this.recovered]) want(space, url)
    const coming = this.arrivals.wanted
    for (const url of [...wanted.keys(), ...coming.map(({ url }) => url)]) this.keeperOf(url)
    for (const [url, keeper] of this.keepers) {
      const spaces = [...wanted].find(([kube]) => signalUrl(kube) === url)?.[1] ?? new Set()
      const isFromThere = (one: (typeof coming)[number]) => signalUrl(one.url) === url
      keeper.keep([
        ...coming.filter(isFromThere).map(({ replica }) => replica),
        ...[...spaces].flatMap((space) => this.replicaOf(space, url) ?? []),
      ])
    }
    this.forgetNow()
  }

  private keeperOf(url: string): Keeper {
    return this.keeperAt(url) ?? this.make(url)
  }

  private make(url: string): Keeper {
    const signal = signalUrl(url)
    const keeper = new Keeper(this.platform, url, () => this.networking.identity.keeperKey(signal), {
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
    return keeper
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

  /** @param at signal address of the KUBE that is to keep it */
  private replicaOf(space: SpaceId, at: string): HostedReplica | undefined {
    const halo = this.halo.get(space)
    const local = this.networking.replicas.all.find((one) => one.space === space)
    if (!halo || !local) return undefined
    const isThere = (url: string) => signalUrl(url) === at
    // What is yet to be deleted at another one has nothing to do with this one.
    const isLeaving =
      this.forgetting.some(([of, url]) => of === space && isThere(url)) && !this.urlsOf(space).some(isThere)
    return new HostedReplica(halo, local, this.capsules, isLeaving)
  }

  /** What is to be deleted where it is kept. */
  private forgetNow(): void {
    for (const [space, url] of this.forgetting) {
      const kept = this.keeperAt(url)?.of(space)
      if (!kept) continue
      // It has done so; or it has no such thing, or is not to be told so by this device: it would say that again.
      if (kept.refusal !== undefined) void this.setForgetting(this.without(this.forgetting, space, url))
      else if (kept.hasAdmins && !this.told.has(kept)) {
        this.told.add(kept)
        void kept.forget().catch(() => undefined)
      }
    }
  }

  private without(list: Places, space: SpaceId, url: string): Places {
    return list.filter(([of, at]) => of !== space || at !== url)
  }

  private async setForgetting(list: Places): Promise<void> {
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
    let personal: readonly ObjectRecord[] = []
    for (const space of this.halo.spaces) {
      const records = await this.objects.all(HOST_TYPE, space.id)
      const good = counting(space, records)
      if (space.isPersonal) personal = good
      const urls = good.map(urlOf)
      urls.push(...(await this.adopted(space, records.map(urlOf), urls)))
      if (urls.length > 0) found[space.id] = [...new Set(urls)].slice(0, MAX_HOSTS)
    }
    const isSame = JSON.stringify(found) === JSON.stringify(this.bySpace)
    this.bySpace = found
    this.all.heard(personal)
    if (isSame) return
    this.recovered = this.recovered.filter(([space, url]) => !found[space]?.includes(url))
    const rows: Write[] = [
      { table: 'meta', key: HOSTS, put: found },
      { table: 'meta', key: RECOVERED, put: this.recovered },
    ]
    await this.store.write(rows, 'relaxed')
    this.apply()
    this.networking.changed()
    void this.hostsChanged()
  }

  /** Those that say that it is kept there. */
  private async saying(space: HaloSpace, url: string): Promise<readonly ObjectRecord[]> {
    const records = await this.objects.all(HOST_TYPE, space.id)
    return counting(space, records).filter((one) => urlOf(one) === url)
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

/** A KUBE that knows of no such thing lets others be there. */
const isKeeper = ({ peer }: Other): boolean => toBase64Url(peer) === toBase64Url(KEEPER)

/** Of what a space says of where it is kept, what counts. */
const counting = (space: HaloSpace, records: readonly ObjectRecord[]): ObjectRecord[] =>
  records.filter(
    ({ author, value }) =>
      isAddress(value['url']) &&
      // defence: hosts-by-admins
      space.isAdmin(author),
  )

const urlOf = ({ value }: ObjectRecord): string => value['url'] as string
