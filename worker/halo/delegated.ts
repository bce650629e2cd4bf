/**
 * Invitations without a code, which every admin of a space may answer: the log has them, with terms that are sealed to the admins' devices.
 * An admission by one of them names it, so that all see how often it was used.
 *
 *   terms  = CBOR [[device, sealed] …]
 *   sealed = [what, …], to one device: [1, id (16 bytes), secret (32), uses, expires at, KUBEs]; or [2, the invitation that is called back]
 *
 * Spec: docs/protocol/invitation.md.
 */
import { encode, rfc8949EncodeOptions } from 'cborg'
import type { IdentityId, SpaceId } from '../protocol/ids.js'
import type { Holdings } from './holdings.js'
import { strict } from './log/payload.js'
import { bytes, count, id, list, pair, refuse, text } from './log/shapes.js'
import { logBytes } from './log/signed.js'
import { levelOf, type LogEntryId, type Role } from './membership/actions.js'
import type { HaloSpace } from './space.js'
import { seal } from './suite/seal.js'

const OFFER = 1
const RECALL = 2
const MAX_DEVICES = 1024
const MAX_KUBES = 8
const MAX_URL = 512
const MAX_SEALED = 8192

/** What an admin's device has to know to let somebody in by it. */
export interface OfferTerms {
  readonly id: Uint8Array
  readonly secret: Uint8Array
  readonly uses: number
  /** Milliseconds since 1970, by the clock of whoever lets somebody in. */
  readonly expiresAt: number
  readonly kubes: readonly string[]
}

/** One that is open to this device. */
export interface Offer extends OfferTerms {
  readonly space: SpaceId
  readonly entry: LogEntryId
  readonly role: Role
}

type Opened =
  { readonly t: 'offer'; readonly terms: OfferTerms } | { readonly t: 'recall'; readonly entry: LogEntryId }

const sealedList = list(pair(id<string>(), bytes(1, MAX_SEALED)), MAX_DEVICES)
const offerShapes = [bytes(16, 16), bytes(32, 32), count, count, list(text(MAX_URL), MAX_KUBES)] as const

export class Delegated {
  /** Of entries that are here: null, if it is not for this device, or none. */
  private readonly opened = new Map<LogEntryId, Opened | null>()

  constructor(private readonly held: Holdings) {}

  /** @returns the entry that admissions are to name @throws HearthError `echo/unknown-space`, `halo/not-allowed`, `store/…` */
  async offer(
    space: SpaceId,
    role: Role,
    { id, secret, uses, expiresAt, kubes }: OfferTerms,
  ): Promise<LogEntryId> {
    return this.write(space, role, [OFFER, id, secret, uses, expiresAt, kubes])
  }

  /** Nobody is to be let in by it any more. @throws as `offer` */
  async recall(space: SpaceId, role: Role, entry: LogEntryId): Promise<void> {
    await this.write(space, role, [RECALL, logBytes(entry)])
  }

  private write(id: SpaceId, role: Role, said: unknown): Promise<LogEntryId> {
    return this.held.exclusive(async () => {
      const space = this.held.known(id)
      const admins = [...space.log.agreements()].filter(([device]) => space.isAdmin(device))
      const log = logBytes(space.log.membership.id)
      const text = encode(said, rfc8949EncodeOptions)
      const sealing = admins.map(
        async ([device, key]) =>
          [device, await seal(this.held.platform, key, 'invitation-terms', log, text)] as const,
      )
      const terms = encode(sealedList.write(await Promise.all(sealing)), rfc8949EncodeOptions)
      const step = await this.held.step(space, { t: 'invitation', role }, { terms })
      await this.held.write([step])
      return step.signed.entry.id
    })
  }

  /** Those that this device may answer, of a space in which it is an admin's; the clock is not looked at. @throws HearthError `halo/keys-lost` */
  async offers(space: HaloSpace): Promise<Offer[]> {
    const own = space.role
    if (!own || !space.isAdmin(space.device)) return []
    const found: Offer[] = []
    const recalled = new Set<LogEntryId>()
    for (const { id: entry, author, role, terms } of space.log.invitations) {
      // Whoever is no admin any more invites nobody any more, and an admin makes no owners.
      // defence: offers-by-admins
      if (!mayOffer(space, author, role)) continue
      if (levelOf(own) < levelOf(role)) continue
      const opened = await this.open(space, entry, terms)
      if (opened?.t === 'recall') recalled.add(opened.entry)
      else if (opened) found.push({ ...opened.terms, space: space.id, entry, role })
    }
    return found.filter(({ entry }) => !recalled.has(entry))
  }

  /** Who came in by it, first to last. */
  usedBy(space: SpaceId, entry: LogEntryId): IdentityId[] {
    const { log } = this.held.get(space) ?? {}
    return log?.cameBy(entry).map(({ member }) => member) ?? []
  }

  /**
   * Members that came in by an invitation beyond its uses: several admins let them in at the same time. Not those to whom somebody has
   * given a role since.
   */
  beyond({ space, entry, uses }: Offer): IdentityId[] {
    const { log } = this.held.get(space) ?? {}
    if (!log) return []
    const { members } = log.state
    return log
      .cameBy(entry)
      .slice(uses)
      .filter(({ member, by }) => members.get(member)?.grant.id === by)
      .map(({ member }) => member)
  }

  private async open(space: HaloSpace, entry: LogEntryId, terms: Uint8Array): Promise<Opened | null> {
    const known = this.opened.get(entry)
    if (known !== undefined) return known
    const { opener } = await this.held.own.keys()
    let opened: Opened | null = null
    try {
      const sealed = sealedList.read(strict(terms)).find(([device]) => device === (space.device as string))
      const log = logBytes(space.log.membership.id)
      if (sealed) opened = openedOf(await opener.open('invitation-terms', log, sealed[1]))
    } catch {
      // An admin has written what nobody can read, which concerns nobody.
    }
    this.opened.set(entry, opened)
    return opened
  }
}

function mayOffer(space: HaloSpace, author: Parameters<HaloSpace['isAdmin']>[0], role: Role): boolean {
  if (!space.isAdmin(author)) return false
  const { devices, members } = space.log.state
  const own = members.get(devices.get(author)!.member)!.role
  return levelOf(own) >= levelOf(role)
}

/** @throws HearthError `halo/refused` */
function openedOf(plain: Uint8Array): Opened {
  const [what, ...rest] = asList(strict(plain))
  if (what === RECALL && rest.length === 1) return { t: 'recall', entry: id<LogEntryId>().read(rest[0]) }
  if (what !== OFFER || rest.length !== offerShapes.length) return refuse('terms')
  const [name, secret, uses, expiresAt, kubes] = rest
  return {
    t: 'offer',
    terms: {
      ...{ id: offerShapes[0].read(name), secret: offerShapes[1].read(secret) },
      ...{ uses: offerShapes[2].read(uses), expiresAt: offerShapes[3].read(expiresAt) },
      kubes: offerShapes[4].read(kubes),
    },
  }
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : refuse('terms'))
