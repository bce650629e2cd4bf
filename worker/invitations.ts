/** Invitations that this device has made, kept until they are over; and those that its tabs follow. */
import type { HaloAdmitting } from './admitting.js'
import type { Offer } from './halo/delegated.js'
import type { Halo } from './halo/halo.js'
import { ROLES, type LogEntryId } from './halo/membership/actions.js'
import { HostedInvitation, type Hosting, type KeptInvitation } from './mesh/invitations/host.js'
import { follow } from './mesh/invitations/guest.js'
import { kubeUrl, readLink, type Invited } from './mesh/invitations/link.js'
import { HearthError, invalid } from './protocol/errors.js'
import { toBase64Url, type SpaceId } from './protocol/ids.js'
import type { InvitationState, JoinState, Role } from './protocol/facts.js'
import type { InvitationInfo, InviteOptions, OpenInvitation } from './protocol/session-api.js'
import { passIn } from './addresses.js'
import type { Joins } from './joins.js'
import { INVITATIONS, type NetworkPlatform } from './network.js'
import type { Networking } from './networking.js'
import type { Store } from './store.js'

/** Open at one time. */
const MAX_OPEN = 100
const MAX_USES = 1000
/** Of other admins. */
const MAX_SHARED = 100
const MAX_EXPIRES_MS = 30 * 24 * 3600_000
/** One that is over can still be asked for, and tells a guest why, for so long, in milliseconds. */
const KEPT_MS = 24 * 3600_000
/** Longest wait for what is in a space that was joined, in milliseconds. */
const FIRST_SYNC_MS = 10_000

export class Invitations {
  private readonly made = new Map<string, HostedInvitation>()
  /** Of other admins, which this device may answer as well. */
  private readonly shared = new Map<string, HostedInvitation>()
  private readonly hosting: Hosting
  private keeping: Promise<void> = Promise.resolve()
  private looking: Promise<void> = Promise.resolve()

  constructor(
    private readonly platform: NetworkPlatform,
    private readonly store: Store,
    private readonly network: Networking,
    private readonly admitting: HaloAdmitting,
    private readonly halo: Halo,
    private readonly joins: Joins,
  ) {
    const { mesh, changed } = network
    this.hosting = { platform, mesh, admitting, changed, keep: () => this.keep() }
  }

  /** Goes on with those that are open. @throws HearthError `store/…` */
  async resume(): Promise<void> {
    const now = this.platform.now()
    for (const kept of (await this.store.get<readonly KeptInvitation[]>('meta', INVITATIONS)) ?? [])
      if (kept.expiresAt + KEPT_MS > now) this.add(new HostedInvitation(this.hosting, kept))
    this.refresh()
  }

  /** @throws HearthError `halo/not-allowed`, `mesh/no-kube`, `echo/invalid`, `echo/too-large`, `store/…` */
  async make({ space, role, uses, expiresMs, code, kube }: InviteOptions): Promise<InvitationInfo> {
    if (!ROLES.includes(role)) invalid('a role is owner, admin, editor or reader')
    if (!Number.isInteger(uses) || uses < 1 || uses > MAX_USES)
      invalid(`an invitation has 1 to ${MAX_USES} uses`)
    if (!(expiresMs > 0 && expiresMs <= MAX_EXPIRES_MS)) invalid('an invitation is good for up to 30 days')
    const { admitting } = this
    const into = space ?? (admitting.identity as string as SpaceId)
    if (space === (admitting.identity as string))
      invalid('this space is for your own devices: use home.inviteDevice()')
    if (!admitting.mayInvite(into, space && role)) throw new HearthError('halo/not-allowed')
    const open = [...this.made.values()].filter(({ isOpen }) => isOpen)
    if (open.length >= MAX_OPEN)
      throw new HearthError('echo/too-large', { reason: `${MAX_OPEN} open invitations` })
    const kubes = this.network.addresses(kube === null ? undefined : kubeUrl(kube))
    if (kubes.length === 0) throw new HearthError('mesh/no-kube')
    const pass = kube === null ? undefined : passIn(kube)
    await this.network.use(kubes, new Map(pass && [[kubeUrl(kube!)!, pass]]))
    const options = { space: into, role: space && role, uses, expiresMs, code, kubes }
    const invitation = HostedInvitation.make(this.hosting, options)
    if (space && !code) await this.share(invitation, space, role)
    this.add(invitation)
    await this.keep()
    return infoOf(invitation)
  }

  /** The last one made into this, of those that are open. @param space null: into this identity @throws HearthError `halo/invite-unknown` */
  open(space: SpaceId | null): OpenInvitation {
    const isInto = ({ kept }: HostedInvitation) => (space ? kept.role && kept.space === space : !kept.role)
    const last = [...this.made.values()].filter((one) => one.isOpen && isInto(one)).at(-1)
    if (!last) throw new HearthError('halo/invite-unknown')
    return { ...infoOf(last), state: last.state }
  }

  /** @throws HearthError `halo/invite-unknown`, `store/…` */
  async cancel(id: string): Promise<void> {
    const invitation = this.made.get(id)
    if (!invitation) throw new HearthError('halo/invite-unknown')
    await invitation.cancel()
    const { space, role, entry } = invitation.kept
    // That of whoever is no admin any more is over anyway.
    if (entry && role && this.admitting.mayInvite(space, role))
      await this.halo.delegated.recall(space, role, entry as LogEntryId)
  }

  /** Undefined where there is none (any more). */
  stateOf(id: string): InvitationState | undefined {
    return this.made.get(id)?.state
  }

  /** @throws HearthError `halo/invite-malformed`, `halo/invite-newer`, `halo/invite-own`, `halo/code-needed` */
  join(id: string, link: string, code: string | undefined): void {
    const invited = readLink(link)
    const key = toBase64Url(invited.id)
    if (this.made.has(key) || this.shared.has(key)) throw new HearthError('halo/invite-own')
    if (invited.hasCode && !code) throw new HearthError('halo/code-needed')
    this.joins.begin(id, (said, signal) => this.follow(invited, code, said, signal))
  }

  private async follow(
    invited: Invited,
    code: string | undefined,
    said: (state: JoinState) => void,
    signal: AbortSignal,
  ): Promise<SpaceId> {
    await this.network.use(invited.kubes)
    const { mesh } = this.network
    const guesting = { platform: this.platform, mesh, joining: this.admitting, said }
    const space = await follow(guesting, invited, code, signal)
    said({ at: 'syncing' })
    await this.network.caughtUp(space, FIRST_SYNC_MS)
    return space
  }

  /** Who is in what may be otherwise now, and so may what this device may answer. */
  refresh(): void {
    this.looking = this.looking.then(() => this.look()).catch(() => undefined)
  }

  /** Other admins, and other devices of this identity, may let people in by it while this device is away. */
  private async share(invitation: HostedInvitation, space: SpaceId, role: Role): Promise<void> {
    await invitation.share(await this.halo.delegated.offer(space, role, invitation.kept))
  }

  private async look(): Promise<void> {
    const { delegated, spaces } = this.halo
    const offers = (await Promise.all(spaces.map((space) => delegated.offers(space)))).flat()
    const open = new Map(
      offers
        .filter(({ expiresAt }) => expiresAt > this.platform.now())
        .map((offer) => [toBase64Url(offer.id), offer]),
    )
    for (const [key, invitation] of this.shared)
      if (!open.has(key)) {
        invitation.stop()
        this.shared.delete(key)
      }
    for (const [key, offer] of open) if (!this.made.has(key) && !this.shared.has(key)) this.answer(key, offer)
    for (const offer of offers)
      for (const member of delegated.beyond(offer))
        await this.halo.removeMember(offer.space, member).catch(() => undefined)
  }

  private answer(key: string, offer: Offer): void {
    if (this.shared.size >= MAX_SHARED) return
    // What limits it is in the log, where all see it.
    const invitation = HostedInvitation.of({ ...this.hosting, keep: async () => undefined }, offer)
    this.shared.set(key, invitation)
    invitation.begin()
    void this.network.use(offer.kubes).catch(() => undefined)
  }

  stop(): void {
    for (const invitation of [...this.made.values(), ...this.shared.values()]) invitation.stop()
  }

  private add(invitation: HostedInvitation): void {
    this.made.set(invitation.key, invitation)
    invitation.begin()
  }

  /** One write after the other, so that the last is what is. */
  private keep(): Promise<void> {
    const next = this.keeping.then(() => {
      const put = [...this.made.values()].map(({ kept }) => kept)
      return this.store.write([{ table: 'meta', key: INVITATIONS, put }], 'strict')
    })
    this.keeping = next.catch(() => undefined)
    return next
  }
}

const infoOf = ({ key, link, kept }: HostedInvitation): InvitationInfo => ({ id: key, link, code: kept.code })
