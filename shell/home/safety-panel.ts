/** Keeping data safe: which spaces a server keeps, as ciphertext, so that nothing is lost with this device; and the way back. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'
import { ask } from '../sharing/dialog.js'
import {
  formerSpaces,
  isKept,
  isOut,
  keptWords,
  mayInvite,
  refusalOf,
  spaceName,
  spaceText,
} from '../sharing/index.js'
import { askForPass, NOT_ALLOWED } from './pass-dialog.js'
import { openRecover } from './recover-dialog.js'

type Space = Home['space']

/** Follows which servers keep each space, for as long as the page lives. */
export class Safety {
  readonly #followed = new Set<Space>()
  /** Of those that are being changed now. */
  readonly #busy = new Set<Space>()
  #problem = ''

  constructor(
    readonly home: Home,
    readonly changed: () => void,
  ) {
    home.spaces.subscribe((spaces) => {
      for (const space of spaces) {
        if (this.#followed.has(space)) continue
        this.#followed.add(space)
        space.hosts.subscribe(changed)
      }
    })
  }

  get problem(): string {
    return this.#problem
  }

  /** Those that this person may have kept somewhere, the personal one first. */
  get own(): readonly Space[] {
    return this.all.filter((space) => mayInvite(space.role))
  }

  /** Without what was the personal space of this device before, which is nobody's any more. */
  get all(): readonly Space[] {
    const { home } = this
    const former = new Set(formerSpaces(home))
    return home.spaces.value.filter(
      (space) => !former.has(space) && (space === home.space || !isOut(space, home)),
    )
  }

  isBusy(space: Space): boolean {
    return this.#busy.has(space)
  }

  /** It was said of all of them, also of those that come later. */
  get isOn(): boolean {
    return this.home.space.hosts.value.some(({ all }) => all)
  }

  /** A server keeps it, or was asked to. */
  isKept(space: Space): boolean {
    return space.hosts.value.length > 0
  }

  /** What is there, and what comes later. */
  async keepAll(): Promise<void> {
    const { space } = this.home
    await this.#change([space], () => withPass((url) => space.addHost(url, { all: true })))
  }

  async keep(space: Space): Promise<void> {
    await this.#change([space], () => withPass((url) => space.addHost(url)))
  }

  /** A server that has refused it asks for one. */
  async givePass(space: Space): Promise<void> {
    const { home, isOn } = this
    await askForPass((url) => (isOn ? home.space.addHost(url, { all: true }) : space.addHost(url)))
    this.changed()
  }

  /** After it was said what that means. */
  async forget(spaces: readonly Space[]): Promise<void> {
    const kept = spaces.filter((space) => this.isKept(space))
    const isAll = kept.includes(this.home.space)
    const yes = await ask({
      title:
        kept.length === 1 ? html`Stop keeping ${nameOf(kept[0]!, this.home)}?` : 'Stop keeping your spaces?',
      text: isAll
        ? 'The server deletes its copy. Without it, your recovery words bring nothing back: what is here is on your devices only, and on those of people you share with.'
        : 'The server deletes its copy. What is here stays here, and with those you share it with.',
      yes: 'Stop keeping',
      no: 'Keep it safe',
    })
    if (!yes) return this.changed()
    await this.#change(kept, async (space) => {
      for (const { url } of space.hosts.value) await space.removeHost(url)
    })
  }

  async #change(spaces: readonly Space[], run: (space: Space) => Promise<void>): Promise<void> {
    this.#problem = ''
    for (const space of spaces) this.#busy.add(space)
    this.changed()
    for (const space of spaces) {
      await run(space).catch((error: Error) => (this.#problem = error.message))
      this.#busy.delete(space)
      this.changed()
    }
  }
}

/** Asks for a pass, if it is refused for want of one. */
async function withPass(run: (url?: string) => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if ((error as { code?: string }).code !== NOT_ALLOWED || !(await askForPass(run))) throw error
  }
}

/** @param hasData whether there is something on this device that would stay beside what is recovered */
export function safetyPanel(safety: Safety, hasData: () => boolean): TemplateResult {
  const { home, own, all } = safety
  const kept = own.filter((space) => safety.isKept(space))
  const isAll = safety.isOn && kept.length === own.length
  const busy = own.some((space) => safety.isBusy(space))
  const toggle = () => (isAll ? safety.forget(own) : safety.keepAll())
  return html`<section id="safety" aria-labelledby="safety-title">
    <div class="section-head">
      <h2 id="safety-title">Kept safe</h2>
      <button class="button" @click=${() => openRecover(home, hasData())}>
        ${icon('note', 18)} Get everything back…
      </button>
    </div>
    <div class="panel safety">
      <label class="switch-row">
        <span>
          <strong>Keep my data safe</strong>
          <small>
            The server at ${location.host} then keeps a copy that it cannot read, also of spaces that you make
            later. If you lose every device, your 24 recovery words bring everything back from there, and so
            does a passkey that you lock them with.
          </small>
        </span>
        ${toggleOf('Keep my data safe', isAll, busy, toggle, kept.length > 0 && !isAll)}
      </label>
      <p class="state" role="status" data-good=${goodness(safety)}>${sumOf(safety)}</p>
      ${safety.problem ? html`<p class="problem" role="alert">${icon('alert', 18)}<span>${safety.problem}</span></p>` : nothing}
      <ul class="rows">
        ${all.map((space) => row(safety, space))}
      </ul>
    </div>
  </section>`
}

function row(safety: Safety, space: Space): TemplateResult {
  const { home } = safety
  const isKept = safety.isKept(space)
  const name = space === home.space ? 'Personal' : spaceText(space)
  const toggle = () => (isKept ? safety.forget([space]) : safety.keep(space))
  return html`<li>
    <span>${nameOf(space, home)}</span>
    <span class="acts">
      <span class="state" title=${space.hosts.value.map(({ url }) => url).join(', ')}
        >${safety.isBusy(space) ? 'A moment…' : stateOf(space)}</span
      >
      ${
        refusalOf(space.hosts.value) === NOT_ALLOWED
          ? html`<button class="button" @click=${() => safety.givePass(space)}>Enter a pass…</button>`
          : nothing
      }
      ${mayInvite(space.role) ? toggleOf(`Keep ${name} safe`, isKept, safety.isBusy(space), toggle) : nothing}
    </span>
  </li>`
}

/** It shows how things are, and not what was asked for: the box is set back until that is so. */
const toggleOf = (
  name: string,
  is: boolean,
  busy: boolean,
  toggle: () => void,
  partly = false,
): TemplateResult =>
  html`<input
    type="checkbox"
    role="switch"
    aria-label=${name}
    .checked=${is}
    .indeterminate=${partly}
    ?disabled=${busy}
    @click=${(event: Event) => {
      event.preventDefault()
      toggle()
    }}
  />`

const nameOf = (space: Space, home: Home): TemplateResult | string =>
  space === home.space ? 'Personal' : spaceName(space)

function stateOf(space: Space): string {
  const hosts = space.hosts.value
  if (hosts.length > 0) return keptWords(hosts)
  return mayInvite(space.role) ? 'Only here' : 'Up to its admins'
}

const isSafe = (space: Space): boolean => isKept(space.hosts.value)

/** For its colour: all is well, something is not, or nothing was asked for. */
function goodness(safety: Safety): 'true' | 'false' | '' {
  if (!safety.own.some((space) => safety.isKept(space))) return ''
  return safety.own.every(isSafe) && recovers(safety.home) ? 'true' : 'false'
}

function passkeysLeading(home: Home): string {
  const most = Math.max(0, ...home.space.hosts.value.map(({ passkeys = 0 }) => passkeys))
  return most === 0
    ? ''
    : most === 1
      ? ' Your passkey leads there, too.'
      : ` ${most} passkeys of yours lead there, too.`
}

const recovers = (home: Home): boolean => home.space.hosts.value.some((host) => host.recovers)

function sumOf(safety: Safety): string {
  const { home, own } = safety
  if (!own.some((space) => safety.isKept(space)))
    return 'Nothing leaves this device for it until you switch it on.'
  if (!safety.isKept(home.space))
    return 'Your personal space is not kept: without it, your recovery words bring nothing back.'
  const safe = own.filter(isSafe).length
  const spaces =
    safe === own.length ? 'Everything of yours is kept' : `${safe} of your ${own.length} spaces are kept now`
  const later = safety.isOn ? ', and what you make later will be' : '; what you make later is not'
  const words = recovers(home)
    ? `Your recovery words lead there: write them down, under “You”.${passkeysLeading(home)}`
    : 'Your recovery words do not lead there yet.'
  return `${spaces}${later}. ${words}${othersOf(safety)}`
}

/** In these, others decide. */
function othersOf({ all, own }: Safety): string {
  const others = all.filter((space) => !own.includes(space) && space.hosts.value.length === 0).length
  if (others === 0) return ''
  return others === 1
    ? ' One space that you are in is kept nowhere: that is up to its admins.'
    : ` ${others} spaces that you are in are kept nowhere: that is up to their admins.`
}
