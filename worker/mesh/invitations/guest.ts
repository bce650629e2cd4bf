/** Whoever follows an invitation: finds the host, shows that it knows the link and the code, and takes over what it is let into. */
import { HearthError, type ErrorCode } from '../../protocol/errors.js'
import type { SpaceId } from '../../protocol/ids.js'
import type { JoinState, Role } from '../../protocol/facts.js'
import { MAX_LOGS, type Invite } from '../../protocol/wire.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { readHint } from '../hint.js'
import type { Other } from '../kube.js'
import type { Mesh } from '../mesh.js'
import type { MeshPlatform } from '../platform.js'
import type { Session } from '../session.js'
import { ANSWER_MS, Conversation, LOGS_MS } from './conversation.js'
import { guestCode } from './host.js'
import { fingerprintOf, isDelegable, meetingOf, type Invited } from './link.js'
import { Allowance, hearWith, sayWith } from './parts.js'
import type { Joining, Terms } from './terms.js'

/** Longest wait for a KUBE, and then for the host, in milliseconds. */
const KUBE_MS = 10_000
const HOST_MS = 15_000
const LOOK_MS = 100
/** A KUBE that refuses is believed to be the last word after this time, in milliseconds. */
const REFUSED_MS = 1_500

const roles: readonly string[] = ['owner', 'admin', 'editor', 'reader'] satisfies Role[]
const DENIALS: readonly ErrorCode[] = [
  ...(['halo/invite-used', 'halo/invite-expired', 'halo/invite-cancelled', 'halo/invite-dead'] as const),
  ...([
    'halo/code-wrong',
    'halo/code-needed',
    'halo/not-allowed',
    'halo/refused',
    'halo/log-too-large',
  ] as const),
]

export interface Guesting {
  readonly platform: MeshPlatform
  readonly mesh: Pick<Mesh, 'appoint' | 'adopt' | 'callHost' | 'isOnline' | 'refusal'>
  readonly joining: Joining
  said(state: JoinState): void
}

/**
 * @returns the space that this device is in now: the personal one, of an identity
 * @throws HearthError `halo/…`, `mesh/…`, `store/…`
 */
export async function follow(
  { platform, mesh, joining, said }: Guesting,
  invited: Invited,
  code: string | undefined,
  signal: AbortSignal,
): Promise<SpaceId> {
  if (invited.hasCode && !code) throw new HearthError('halo/code-needed')
  said({ at: 'connecting' })
  const meeting = meetingOf(invited)
  let found: (other: Other) => void = () => undefined
  const host = new Promise<Other>((resolve) => (found = resolve))
  const look = async (other: Other) => {
    const { secret } = meeting
    // Whoever knows no more than the topic is at it as well.
    // defence: host-by-its-hint
    if (!(await readHint(platform, secret, other.peer, other.hint))) return
    if (other.hint.length > 0) found(other)
  }
  let looking = Promise.resolve()
  const leave = mesh.appoint({
    ...{ ...meeting, isSeeking: true },
    // Other guests tell nothing of themselves. Of several hosts, the one that was there first is called.
    came: (other) => void (looking = looking.then(() => look(other))),
  })
  try {
    const called = new Promise<never>((_, reject) => {
      const stop = () => reject(new HearthError('mesh/cancelled'))
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop)
    })
    called.catch(() => undefined)
    await Promise.race([online(platform, mesh, invited, signal), called])
    said({ at: 'looking' })
    const away = new Promise<never>((_, reject) => {
      platform.later(() => reject(new HearthError('halo/host-away')), HOST_MS)
    })
    away.catch(() => undefined)
    const other = await Promise.race([host, away, called])
    const session = await Promise.race([mesh.callHost(other, meeting.psk), called])
    signal.addEventListener('abort', () => session.close())
    try {
      const talk = new Conversation(platform, session)
      const space = await enter({ platform, joining, said }, talk, session, invited, code)
      mesh.adopt(session, talk.end())
      return space
    } catch (e) {
      session.close()
      throw e
    }
  } finally {
    leave()
  }
}

async function online(
  platform: MeshPlatform,
  mesh: Guesting['mesh'],
  { kubes }: Invited,
  signal: AbortSignal,
): Promise<void> {
  for (let waited = 0; !mesh.isOnline && !signal.aborted; waited += LOOK_MS) {
    // Another KUBE may be slower, and take it.
    if (mesh.refusal && waited >= REFUSED_MS) throw mesh.refusal
    if (waited >= KUBE_MS) throw new HearthError('mesh/offline', { kube: kubes[0]! })
    await new Promise<void>((resolve) => platform.later(resolve, LOOK_MS))
  }
}

async function enter(
  { platform, joining, said }: Omit<Guesting, 'mesh'>,
  talk: Conversation,
  session: Session,
  invited: Invited,
  code: string | undefined,
): Promise<SpaceId> {
  said({ at: 'checking' })
  const expected = invited.hasCode ? await sayCode(platform, talk, session, code!) : sayNothing(talk)
  const { message, entries: proof } = await heardWith(talk, ANSWER_MS, Allowance.ofProof(), 'terms')
  const [, space, role, name, , mac] = message
  // defence: host-knows-the-code
  if (expected && !(mac && sameBytes(mac, expected))) throw new HearthError('halo/invite-forged')
  const host = await joining.hostOf(proof, session.agreed.theirs)
  // Any admin may be the host then; that it is one, the space's own log says when it has let this device in.
  const fingerprint = fingerprintOf(isDelegable(invited) ? space : host)
  // defence: host-of-the-link
  if (!sameBytes(fingerprint, invited.fingerprint)) throw new HearthError('halo/invite-forged')
  // defence: what-the-link-says
  if ((role === null) !== (invited.to === 'device')) throw new HearthError('halo/invite-forged')
  // Where there is no such role, there may be none at all.
  // defence: a-role-that-there-is
  if (role !== null && !roles.includes(role)) throw new HearthError('halo/invite-forged')
  const terms = { space: space as SpaceId, role: role as Role | null } satisfies Terms
  // defence: identity-of-the-host
  if (role === null && space !== (host as string)) throw new HearthError('halo/invite-forged')
  said({ at: 'entering', name })
  if (terms.role !== null) {
    const { proof: own, consent } = await joining.introduce(terms)
    await sayWith(talk, ANSWER_MS, Allowance.ofProof(), own, (last) => ['introduce', last, ...consent])
  } else {
    const { device, agreement, possession } = await joining.offer(host)
    talk.say(['candidate', device, agreement, possession])
  }
  await joining.enter(terms, await admitted(talk))
  return terms.space
}

/** The logs of what this device is in now. */
async function admitted(talk: Conversation): Promise<readonly (readonly Uint8Array[])[]> {
  const logs: (readonly Uint8Array[])[] = []
  const [end, allowance] = [talk.endOf(LOGS_MS), Allowance.ofLogs()]
  for (let left = MAX_LOGS; left > 0;) {
    const { message, entries } = await heardWith(talk, end(), allowance, 'admitted')
    const [, , more] = message
    if (more >= left) throw new HearthError('mesh/malformed', { reason: 'logs without end' })
    left = more
    logs.push(entries)
  }
  return logs
}

function sayNothing(talk: Conversation): undefined {
  talk.say(['knock', null])
}

/** @returns what the host has to say, if it knows the code */
async function sayCode(
  { random }: MeshPlatform,
  talk: Conversation,
  session: Session,
  code: string,
): Promise<Uint8Array> {
  const own = guestCode(random, code.replace(/\D/g, ''), session)
  talk.say(['knock', own.share])
  const [, share] = await heard(talk, 'share')
  const { confirmation, expected } = own.finish(share)
  talk.say(['confirm', confirmation])
  return expected
}

/** What comes next, unless the host says no. */
async function heard<T extends Invite[0]>(talk: Conversation, kind: T): Promise<Of<T>> {
  return unlessDenied(await talk.hear<Invite[0]>(ANSWER_MS, kind, 'denied'))
}

/** The same, of what entries belong to. */
async function heardWith<T extends Invite[0]>(
  talk: Conversation,
  ms: number,
  allowance: Allowance,
  kind: T,
): Promise<{ message: Of<T>; entries: readonly Uint8Array[] }> {
  const { message, entries } = await hearWith<Invite[0]>(talk, ms, allowance, kind, 'denied')
  return { message: unlessDenied(message), entries }
}

function unlessDenied<T extends Invite[0]>(message: Invite): Of<T> {
  if (message[0] === 'denied') {
    const code = message[1] as ErrorCode
    // What else goes wrong at the host's says nothing to a guest, and a host that means ill could say anything.
    // defence: denials-are-few
    if (!DENIALS.includes(code)) throw new HearthError('halo/refused', { reason: 'the host' })
    throw new HearthError(code, { left: message[2] })
  }
  return message as Of<T>
}

type Of<T extends Invite[0]> = Extract<Invite, readonly [T, ...unknown[]]>
