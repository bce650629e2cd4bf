/** A space, seen from this tab: objects to add, get, query and remove. */
import { HearthError, invalid } from '../worker/protocol/errors.js'
import { isId, newId, type ObjectId, type SpaceId } from '../worker/protocol/ids.js'
import type { QuerySpec } from '../worker/protocol/queries.js'
import type { HostInfo, MemberInfo, Role, SpaceInfo } from '../worker/protocol/facts.js'
import { checkKey, MAX_OBJECT, sizeOf } from '../worker/protocol/values.js'
import type { Home } from './home.js'
import { LiveValue, type Live } from './live.js'
import { nodeOf } from './identity.js'
import { rootOf } from './nodes.js'
import { Query, storeWhere } from './query.js'
import { storeRecord } from './store-value.js'
import { Told } from './told.js'
import { sharing } from './later.js'
import type {
  Channel,
  Invitation,
  InvitationOptions,
  LiveObject,
  Presence,
  Present,
  Untyped,
} from './types.js'

/** The longest wait for the disk, in milliseconds. */
const FLUSH_MS = 30_000

export class Space {
  readonly id: SpaceId
  readonly info: Live<SpaceInfo>
  /** Who is in, with what role. */
  readonly members: Live<readonly MemberInfo[]>
  /** The KUBEs that keep this space, as ciphertext. */
  readonly hosts: Live<readonly HostInfo[]>

  /** @internal */
  constructor(
    /** @internal */
    readonly home: Home,
    info: SpaceInfo,
  ) {
    this.id = info.id
    this.info = new LiveValue(info, true)
    this.members = new Told<readonly MemberInfo[]>(home.facts, ['members', info.id], [])
    this.hosts = new Told<readonly HostInfo[]>(home.facts, ['hosts', info.id], [])
  }

  get name(): string {
    return this.info.value.name
  }

  /** This identity's. */
  get role(): Role {
    return this.info.value.role
  }

  /** @internal As the worker has it now. */
  received(info: SpaceInfo): this {
    const { name, role, personal } = this.info.value
    if (name !== info.name || role !== info.role || personal !== info.personal)
      (this.info as LiveValue<SpaceInfo>).set(info)
    return this
  }

  /**
   * A new object, live and usable at once.
   * @param type shared by all apps of the origin; `vendor/type` for one's own
   * @throws HearthError `echo/invalid`, `echo/too-large`; nothing is added then
   */
  add<T extends object>(type: string, props: T = {} as T): LiveObject<T> {
    this.home.check()
    if (typeof type !== 'string' || type === '') invalid('a type is a name')
    checkKey(type)
    if (typeof props !== 'object' || props === null || Array.isArray(props))
      invalid('an object is made from a record')
    if (Object.hasOwn(props, 'id'))
      invalid('"id" is given by Hearth; leave it out, or keep it under another name')
    const value = storeRecord(props as Record<string, unknown>)
    if (sizeOf(value) > MAX_OBJECT)
      throw new HearthError('echo/too-large', { reason: 'an object over 16 MiB' })
    const object = this.home.table.create(newId<ObjectId>(), this.id, type, value)
    this.home.writes.create(object)
    return rootOf(object, this.home.writes).live as LiveObject<T>
  }

  /** The live object if this tab has it; `load` fetches it. */
  get<T extends object = Untyped>(id: string): LiveObject<T> | undefined {
    const object = this.home.table.get(id as ObjectId)
    if (!object?.current || object.current.space !== this.id) return undefined
    return rootOf(object, this.home.writes).live as LiveObject<T>
  }

  /** @throws HearthError `echo/unknown-object`, `rpc/worker-gone` */
  async load<T extends object = Untyped>(id: string): Promise<LiveObject<T>> {
    this.home.check()
    if (isId(id) && !this.get(id)) await this.home.load(id)
    return this.get<T>(id) ?? Promise.reject(new HearthError('echo/unknown-object'))
  }

  /** Removes an object, everywhere. @throws HearthError `echo/unknown-object` */
  remove(object: object | string): void {
    this.home.check()
    const id = typeof object === 'string' ? object : nodeOf(object).object.id
    const found = this.home.table.get(id as ObjectId)
    if (typeof object === 'object' && nodeOf(object).parent)
      invalid('only whole objects are removed; use delete')
    if (found?.gone) return
    if (found?.record?.space !== this.id) throw new HearthError('echo/unknown-object')
    this.home.writes.write(found, [{ t: 'gone', v: true }])
  }

  /**
   * Objects of a type, or of all, that meet conditions.
   * @throws HearthError `echo/invalid`
   */
  query<T extends object = Untyped>(type?: string, where?: object): Query<T> {
    return new Query<T>(this.home.queries, querySpec(type, where, this.id))
  }

  /**
   * Many writes as one: one commit, all or nothing. A throw inside undoes what `fn` wrote.
   * @param fn synchronous; what it returns is returned
   * @throws what `fn` throws
   */
  batch<T>(fn: () => T, _options?: { readonly label?: string }): T {
    this.home.check()
    if (typeof fn !== 'function') invalid('batch takes a function')
    return this.home.writes.batch(() => {
      const result = fn()
      if (result instanceof Promise) invalid('batch takes a function that is not async')
      return result
    })
  }

  /** @param memberId as in `members` @throws HearthError `halo/not-allowed`, `halo/unknown-member`, `halo/last-owner` */
  setRole(memberId: string, role: Role): Promise<void> {
    return this.home.call('setRole', this.id, memberId as MemberInfo['id'], role)
  }

  /**
   * The member is out, and what is written from now on is sealed with keys that it does not have.
   * @throws HearthError `halo/not-allowed`, `halo/unknown-member`, `halo/last-owner`, `halo/personal-space`
   */
  removeMember(memberId: string): Promise<void> {
    return this.home.call('removeMember', this.id, memberId as MemberInfo['id'])
  }

  /** For everyone. @throws HearthError `echo/invalid`, `halo/not-allowed` */
  rename(name: string): Promise<void> {
    return this.home.call('rename', this.id, name)
  }

  /** For everyone, with all that is in it; owners only. @throws HearthError `halo/not-allowed`, `halo/personal-space` */
  delete(): Promise<void> {
    return this.home.call('deleteSpace', this.id)
  }

  /**
   * Asks a KUBE to keep this space, so that it is there when no device of anybody who is in is: as ciphertext, which it cannot read. Resolves when
   * it has agreed.
   * @param url of the KUBE; that of `open`, if it is left out
   * @param options.all of the personal space: all others of this person, too, also those that come later; `hosts` says which are not kept, and why
   * @throws HearthError `halo/not-allowed`, `mesh/no-kube`, `mesh/host-away`, `mesh/host-full`, `mesh/host-denied`, `echo/invalid`, `store/…`
   */
  async addHost(url?: string, options?: { all?: boolean }): Promise<void> {
    return (await sharing()).addHost(this, url, options?.all)
  }

  /** It is to delete what it keeps of this space. @throws HearthError `halo/not-allowed`, `echo/invalid`, `store/…` */
  removeHost(url: string): Promise<void> {
    return this.home.call('removeHost', this.id, url)
  }

  /**
   * Whether all entries that devices wrote are kept here, or only what is needed to go on: the latest checkpoint, and what came after it. By
   * admins, for owners' devices, which then delete the others with the next checkpoint, and for whoever keeps the space.
   * @param keep only asks, if it is left out
   * @returns whether they are
   * @throws HearthError `halo/not-allowed`, `store/…`
   */
  keepHistory(keep: boolean | null = null): Promise<boolean> {
    return this.home.call('keepHistory', this.id, keep)
  }

  /**
   * The whole space as one file: what is in it, for whoever has the file, and all that devices wrote, for those who are in.
   * @throws HearthError `echo/unknown-space`, `store/…`
   */
  async export(): Promise<Blob> {
    return (await sharing()).exportSpace(this.home, this.id)
  }

  /**
   * An invitation into this space, for people.
   * @throws HearthError `halo/not-allowed`, `mesh/no-kube`, `echo/invalid`, `store/…`
   */
  async invite(options?: InvitationOptions): Promise<Invitation> {
    return (await sharing()).invite(this.home, this.id, options)
  }

  /**
   * Who else is here: say where this tab is, and see where others are, on this device and others. Nothing of it is stored.
   * @param name of a place in the space, so that apps, or parts of one, do not see each other's
   */
  presence<T = unknown>(name = ''): Presence<T> {
    const { facts } = this.home
    return {
      others: new Told<readonly Present<T>[]>(facts, ['presence', `${this.id}/${name}`], []),
      set: (value) => this.home.call('present', this.id, name, value),
    }
  }

  /** Messages that are not stored, to whoever listens now, in other tabs of this device and on others. */
  channel<T = unknown>(name: string): Channel<T> {
    const { told, next, send } = this.home.facts
    return {
      send: (value) => this.home.call('say', this.id, name, value),
      subscribe: (run) => {
        const q = next()
        const ask = () => send({ t: 'ask', q, what: ['channel', `${this.id}/${name}`] })
        told.set(q, { ask, set: run, fail: () => {} })
        ask()
        return () => {
          told.delete(q)
          send({ t: 'unask', q })
        }
      },
    }
  }

  /**
   * Resolves when every write made here so far is held durably by at least one other device.
   * @throws HearthError `mesh/timeout` after 30 s, or `timeoutMs`; as `flush`
   */
  async synced(options?: { readonly timeoutMs?: number }): Promise<void> {
    return (await sharing()).synced(this, options)
  }

  /**
   * Resolves when every write made here so far is durable on this device.
   * @throws HearthError the code of the first one that was refused and is still in `home.rejected`; `rpc/worker-gone`
   */
  async flush(): Promise<void> {
    this.home.check()
    await this.home.writes.settled(this.id, FLUSH_MS)
    this.home.showCount()
    const refused = this.home.rejected.value.find(({ space }) => space === this.id)
    if (refused) throw refused.error
  }
}

export function querySpec(type: string | undefined, where: object | undefined, space?: SpaceId): QuerySpec {
  return {
    ...(space && { space }),
    ...(type !== undefined && { type }),
    ...(where && { where: storeWhere(where) }),
  }
}
