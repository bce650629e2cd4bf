/**
 * One word on where what is written goes: it stays here, is with others, or waits. Whoever listens hears it when it has changed for
 * good, not at every key that is pressed.
 */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home, Space } from './api.js'
import { Dialog } from './dialog.js'
import { isKept, keptWords } from './kept-words.js'
import { linkWords } from './words.js'

export type Standing = 'only-here' | 'kept' | 'connected' | 'direct' | 'relayed' | 'syncing' | 'offline'
type Status = Pick<Home['status']['value'], 'online' | 'kube' | 'links' | 'peers' | 'sync' | 'refusal'>

/** What the badge says something of. */
interface Shown {
  readonly hosts: Space['hosts']['value']
  /** Nobody else has it, and no other device. */
  readonly isAlone: boolean
}

/** What is over sooner than this, in milliseconds, is not worth a word. */
const SETTLE_MS = 1000

const words: Record<Standing, readonly [name: string, explained: string]> = {
  'only-here': [
    'Only here',
    'Nothing has been shared, and nothing leaves this device. Once you invite somebody, or join, a server is used to meet at.',
  ],
  kept: [
    'Kept safe',
    'A server keeps a copy of all that is here, which it cannot read. Your recovery words bring it back from there, and whoever is in has it from there.',
  ],
  connected: [
    'Connected',
    'The server is reached. What you write goes to the others as soon as they are there.',
  ],
  direct: [
    'Connected',
    'You are connected with others from device to device. What you write goes to them through no server.',
  ],
  relayed: [
    'Relayed',
    'You are connected with others, through the server. It passes on what it cannot read.',
  ],
  syncing: [
    'Syncing',
    'What you wrote is on its way to the others, or to the server that keeps it. It is saved on this device.',
  ],
  offline: [
    'Offline',
    'The server cannot be reached. Everything works, is saved on this device, and goes to it and to the others later.',
  ],
}

/** @param space that one looks at; undefined: all of them */
export function standingOf({ online, kube, links, peers, sync }: Status, space?: Shown): Standing {
  const hosts = space?.hosts ?? []
  const isAsked = hosts.some(({ state }) => state !== 'refused')
  if (kube === 'none' || (space?.isAlone && !isAsked)) return 'only-here'
  const isReached = kube === 'connected' && online
  if (isReached && space?.isAlone) {
    if (isKept(hosts)) return 'kept'
    return hosts.some(({ state }) => state === 'syncing') ? 'syncing' : 'offline'
  }
  if (peers > 0 && sync.pending > 0) return 'syncing'
  if (peers > 0) return links.some(({ kind }) => kind === 'relayed') ? 'relayed' : 'direct'
  if (!isReached) return 'offline'
  return isKept(hosts) ? 'kept' : 'connected'
}

export class Badge {
  private shown: Standing | undefined
  private next: Standing | undefined
  private settling: ReturnType<typeof setTimeout> | undefined
  private space: Space | undefined

  constructor(
    private readonly home: Home,
    private readonly changed: () => void,
    /** That one looks at; without it, the badge is of all of them. */
    private readonly spaceOf: () => Space | undefined = () => undefined,
  ) {
    const look = () => this.became(standing(home, this.spaceOf()))
    home.status.subscribe(look)
    const followed = new Set<Space>()
    home.devices.subscribe(look)
    home.spaces.subscribe((spaces) => {
      for (const space of spaces) {
        if (followed.has(space)) continue
        followed.add(space)
        space.hosts.subscribe(look)
        space.members.subscribe(look)
      }
    })
  }

  view(): TemplateResult {
    this.turn()
    const standing = this.shown
    // For a moment after the page is opened, nobody knows.
    if (!standing) return html`<span class="badge-box" aria-live="polite"></span>`
    const [name, explained] = words[standing]
    return html`<span class="badge-box" aria-live="polite">
      <button
        class="badge"
        data-standing=${standing}
        title=${explained}
        aria-haspopup="dialog"
        @click=${() => new BadgeDialog(this.home, this.spaceOf()).open()}
      >
        ${name}
      </button>
    </span>`
  }

  /** Of another space, something else may be true at once. */
  private turn(): void {
    const space = this.spaceOf()
    if (space === this.space) return
    this.space = space
    if (!this.shown) return
    clearTimeout(this.settling)
    this.next = undefined
    this.shown = standing(this.home, space)
  }

  private became(standing: Standing): void {
    if (standing === (this.next ?? this.shown)) return
    clearTimeout(this.settling)
    this.next = standing
    this.settling = setTimeout(() => {
      this.shown = standing
      this.next = undefined
      this.changed()
    }, SETTLE_MS)
  }
}

function standing({ status, devices }: Home, space: Space | undefined): Standing {
  const isAlone =
    !!space &&
    space.members.value.length <= 1 &&
    devices.value.every(({ current, revoked }) => current || revoked)
  return standingOf(status.value, space && { hosts: space.hosts.value, isAlone })
}

class BadgeDialog extends Dialog {
  constructor(
    private readonly home: Home,
    private readonly space: Space | undefined,
  ) {
    super()
    this.follow(home.status)
    if (space) this.follow(space.hosts)
    this.element.setAttribute('closedby', 'any')
  }

  protected view(): TemplateResult {
    const { home, space } = this
    const status = home.status.value
    const { kube, links, refusal, sync } = status
    const [name, explained] = words[standing(home, space)]
    const row = (what: string, how: string) => html`<li><span>${what}</span><span>${how}</span></li>`
    return html`${this.title(name)}
      <p>${explained}</p>
      ${refusal && kube === 'away' ? html`<p class="problem">${refusal.message}</p>` : nothing}
      ${
        kube === 'none'
          ? nothing
          : html`<ul class="rows">
              ${row('Server', kube === 'connected' ? 'Reached' : 'Not reached')}
              ${space?.hosts.value.map((host) => row(`Copy at ${new URL(host.url).host}`, keptWords([host]))) ?? nothing}
              ${row('Connected devices', linkWords(links))}
              ${row('Not with others yet', sync.pending === 0 ? 'Nothing' : `${sync.pending} ${sync.pending === 1 ? 'change' : 'changes'}`)}
            </ul>`
      }
      <form method="dialog" class="ends"><button class="button" data-kind="primary">Close</button></form>`
  }
}
