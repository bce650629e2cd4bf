/**
 * One word on where what is written goes: it stays here, is with others, or waits. Whoever listens hears it when it has changed for
 * good, not at every key that is pressed.
 */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from './api.js'
import { Dialog } from './dialog.js'
import { linkWords } from './words.js'

export type Standing = 'only-here' | 'connected' | 'direct' | 'relayed' | 'syncing' | 'offline'
type Status = Pick<Home['status']['value'], 'online' | 'kube' | 'links' | 'peers' | 'sync' | 'refusal'>

/** What is over sooner than this, in milliseconds, is not worth a word. */
const SETTLE_MS = 1000

const words: Record<Standing, readonly [name: string, explained: string]> = {
  'only-here': [
    'Only here',
    'Nothing has been shared, and nothing leaves this device. Once you invite somebody, or join, a server is used to meet at.',
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
  syncing: ['Syncing', 'What you wrote is on its way to the others. It is saved on this device.'],
  offline: [
    'Offline',
    'The server cannot be reached. Everything works, is saved on this device, and goes to the others later.',
  ],
}

export function standingOf({ online, kube, links, peers, sync }: Status): Standing {
  if (kube === 'none') return 'only-here'
  if (peers > 0 && sync.pending > 0) return 'syncing'
  if (peers > 0) return links.some(({ kind }) => kind === 'relayed') ? 'relayed' : 'direct'
  return kube === 'away' || !online ? 'offline' : 'connected'
}

export class Badge {
  private shown: Standing | undefined
  private next: Standing | undefined
  private settling: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly home: Home,
    private readonly changed: () => void,
  ) {
    home.status.subscribe((status) => this.became(standingOf(status)))
  }

  view(): TemplateResult {
    const standing = this.shown ?? 'only-here'
    const [name, explained] = words[standing]
    return html`<span class="badge-box" aria-live="polite">
      <button
        class="badge"
        data-standing=${standing}
        title=${explained}
        aria-haspopup="dialog"
        @click=${() => new BadgeDialog(this.home).open()}
      >
        ${name}
      </button>
    </span>`
  }

  private became(standing: Standing): void {
    if (!this.shown) this.shown = standing
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

class BadgeDialog extends Dialog {
  constructor(private readonly home: Home) {
    super()
    this.follow(home.status)
    this.element.setAttribute('closedby', 'any')
  }

  protected view(): TemplateResult {
    const status = this.home.status.value
    const { kube, links, refusal, sync } = status
    const [name, explained] = words[standingOf(status)]
    const row = (what: string, how: string) => html`<li><span>${what}</span><span>${how}</span></li>`
    return html`${this.title(name)}
      <p>${explained}</p>
      ${refusal && kube === 'away' ? html`<p class="problem">${refusal.message}</p>` : nothing}
      ${
        kube === 'none'
          ? nothing
          : html`<ul class="rows">
              ${row('Server', kube === 'connected' ? 'Reached' : 'Not reached')}
              ${row('Connected devices', linkWords(links))}
              ${row('Not with others yet', sync.pending === 0 ? 'Nothing' : `${sync.pending} ${sync.pending === 1 ? 'change' : 'changes'}`)}
            </ul>`
      }
      <form method="dialog" class="ends"><button class="button" data-kind="primary">Close</button></form>`
  }
}
