/** What sharing is called, in the words that people read. Names are others': they stand alone, in whatever direction they run. */
import { html, type TemplateResult } from 'lit'
import type { InvitationState, JoinState, MemberInfo, Role } from './api.js'

export const roleNames: Record<Role, string> = {
  owner: 'Owner',
  admin: 'Admin',
  editor: 'Editor',
  reader: 'Reader',
}
/** Of others. */
export const roleWords: Record<Role, string> = {
  owner: 'Everything, and may delete it for everyone',
  admin: 'Also invites and removes people',
  editor: 'Reads and changes everything',
  reader: 'Reads everything, and changes nothing',
}

/** Of oneself. */
export const ownRoleWords: Record<Role, string> = {
  owner: 'You own it, with others who do.',
  admin: 'You may read and change everything in it, invite people and remove them.',
  editor: 'You may read and change everything in it.',
  reader: 'You may read everything in it.',
}

/** From the least to the most. */
const roles: readonly Role[] = ['reader', 'editor', 'admin', 'owner']

/** Who may do most comes first, then as names are sorted: the same for everybody, whatever came when. */
export const inOrder = (members: readonly MemberInfo[]): MemberInfo[] =>
  [...members].sort(
    (a, b) =>
      roles.indexOf(b.role) - roles.indexOf(a.role) ||
      a.displayName.localeCompare(b.displayName) ||
      (a.id < b.id ? -1 : 1),
  )

export const mayInvite = (own: Role): boolean => own === 'owner' || own === 'admin'

/**
 * Roles that somebody may be given, by somebody. Between two owners, or two admins, who got it first has more to say; that is not
 * known here, and who tries in vain is told so.
 */
export function rolesFor(own: Role, theirs: Role): readonly Role[] {
  const highest = roles.indexOf(own)
  return mayInvite(own) && roles.indexOf(theirs) <= highest ? roles.slice(0, highest + 1) : []
}

export const name = (text: string): TemplateResult => html`<bdi>${text}</bdi>`

export const memberText = ({ displayName }: Pick<MemberInfo, 'displayName'>): string =>
  displayName.trim() || 'Somebody without a name'

export const memberName = (member: Pick<MemberInfo, 'displayName'>): TemplateResult =>
  name(memberText(member))

/** Links of this device, in words. */
export function linkWords(
  links: readonly { readonly kind: 'relayed' | 'direct'; readonly rttMs?: number }[],
): string {
  const relayed = links.filter(({ kind }) => kind === 'relayed').length
  if (links.length === 0) return 'None'
  const how =
    relayed === 0 ? '' : `, ${relayed === links.length ? '' : `${relayed} of them `}through the server`
  const times = links.flatMap(({ rttMs }) => (rttMs === undefined ? [] : [rttMs]))
  if (times.length === 0) return `${links.length}${how}`
  const [least, most] = [Math.min(...times), Math.max(...times)]
  const range = most < 1 ? 'less than 1' : least === most ? `${most}` : `${least} to ${most}`
  return `${links.length}${how}; there and back in ${range} ms`
}

/** "123456" → "123 456", as it is read aloud. */
export const grouped = (code: string): string => code.replace(/(\d{3})(?=\d)/g, '$1 ')

/** Up to six digits of what was typed or pasted. */
export const digitsOf = (text: string): string => text.replace(/\D/g, '').slice(0, 6)

export function joinWords({ at, name: to }: JoinState, hasCode: boolean): TemplateResult | string {
  switch (at) {
    case 'connecting':
      return 'Reaching the server where you meet…'
    case 'looking':
      return 'Looking for whoever invited you…'
    case 'checking':
      return hasCode ? 'Checking the code with them…' : 'Checking the invitation with them…'
    case 'entering':
      return to ? html`Going into <bdi>${to}</bdi>…` : 'Going in…'
    case 'syncing':
      return 'Fetching what is in there…'
    case 'done':
      return 'You are in.'
    case 'failed':
      return ''
  }
}

const people = (count: number, device: boolean) =>
  device
    ? `${count} ${count === 1 ? 'device has' : 'devices have'} come in`
    : `${count} ${count === 1 ? 'person has' : 'people have'} come in`

/** @param device whether it is for devices of one's own */
export function invitationWords({ at, used, uses, wrong }: InvitationState, device: boolean): string {
  const said = (() => {
    switch (at) {
      case 'waiting':
        return used === 0
          ? 'Waiting. Nobody has come yet.'
          : `${people(used, device)} of ${uses}. Waiting for more.`
      case 'greeting':
        return 'Somebody is here, with the link.'
      case 'done':
        return `${people(used, device)}.`
      case 'expired':
        return `The time is over. ${used === 0 ? 'Nobody has come in.' : `${people(used, device)}.`}`
      case 'cancelled':
        return 'Called back. The link opens nothing any more.'
      case 'dead':
        return 'Void: too many wrong codes were tried. If that was not whom you invited, send the next link in a safer way.'
    }
  })()
  if (wrong === 0 || at === 'dead') return said
  const codes = `${wrong} wrong ${wrong === 1 ? 'code' : 'codes'}`
  return `${said} ${codes} ${isOpen({ at }) ? 'so far' : wrong === 1 ? 'was tried' : 'were tried'}.`
}

export const isOpen = ({ at }: Pick<InvitationState, 'at'>): boolean => at === 'waiting' || at === 'greeting'

/** Of milliseconds: "9:58", "3 h 12 min", "2 days". */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ]
  if (days > 1) return `${days} days`
  if (hours > 0) return `${hours} h ${minutes % 60} min`
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`
}
