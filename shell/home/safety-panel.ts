/** Keeping data safe: which spaces a server keeps, as ciphertext, so that nothing is lost with this device; and the way back. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'
import { ask } from '../sharing/dialog.js'
import { formerSpaces, isOut, mayInvite, spaceName, spaceText } from '../sharing/index.js'
import { openRecover } from './recover-dialog.js'

type Space = Home['space']
type Host = Space['hosts']['value'][number]

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

  isKept(space: Space): boolean {
    return space.hosts.value.length > 0
  }

  async keep(spaces: readonly Space[]): Promise<void> {
    await this.#change(
      spaces.filter((space) => !this.isKept(space)),
      (space) => space.addHost(),
    )
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

/** @param hasData whether there is something on this device that would stay beside what is recovered */
export function safetyPanel(safety: Safety, hasData: () => boolean): TemplateResult {
  const { home, own, all } = safety
  const kept = own.filter((space) => safety.isKept(space))
  const isAll = kept.length === own.length
  const busy = own.some((space) => safety.isBusy(space))
  const toggle = () => (isAll ? safety.forget(own) : safety.keep(own))
  return html`<section id="safety" aria-labelledby="safety-title">
    <div class="section-head">
      <h2 id="safety-title">Kept safe</h2>
      <button class="button" @click=${() => openRecover(home, hasData())}>
        ${icon('note', 18)} Recover with words…
      </button>
    </div>
    <div class="panel safety">
      <label class="switch-row">
        <span>
          <strong>Keep my data safe</strong>
          <small>
            The server at ${location.host} then keeps a copy that it cannot read. If you lose every device,
            your 24 recovery words bring everything back from there.
          </small>
        </span>
        ${toggleOf('Keep my data safe', kept.length > 0 && isAll, busy, toggle, kept.length > 0 && !isAll)}
      </label>
      <p class="state" role="status" data-good=${goodness(safety, kept.length, isAll)}>
        ${sumOf(safety, kept.length, own.length)}
      </p>
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
  const toggle = () => (isKept ? safety.forget([space]) : safety.keep([space]))
  return html`<li>
    <span>${nameOf(space, home)}</span>
    <span class="acts">
      <span class="state" title=${space.hosts.value.map(({ url }) => url).join(', ')}
        >${safety.isBusy(space) ? 'A moment…' : stateOf(space)}</span
      >
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

const refusals: Record<string, string> = {
  'mesh/host-full': 'No room on the server',
  'mesh/host-denied': 'Not taken by the server',
  'mesh/host-forgot': 'Deleted on the server',
}

function stateOf(space: Space): string {
  const hosts = space.hosts.value
  if (hosts.length === 0) return mayInvite(space.role) ? 'Only here' : 'Up to its admins'
  const best = (state: Host['state']) => hosts.some((host) => host.state === state)
  if (best('kept')) return 'Kept safe'
  if (best('syncing')) return 'Being copied…'
  const refused = hosts.find(({ state }) => state === 'refused')
  return refused ? (refusals[refused.code ?? ''] ?? 'Not kept there') : 'Server not reached'
}

/** For its colour: all is well, something is not, or nothing was asked for. */
function goodness(safety: Safety, kept: number, isAll: boolean): 'true' | 'false' | '' {
  if (kept === 0) return ''
  const isWell = isAll && safety.own.every((space) => stateOf(space) === 'Kept safe')
  return isWell && recovers(safety.home) ? 'true' : 'false'
}

const recovers = (home: Home): boolean => home.space.hosts.value.some((host) => host.recovers)

function sumOf(safety: Safety, kept: number, own: number): string {
  if (kept === 0) return 'Nothing leaves this device for it until you switch it on.'
  if (!safety.isKept(safety.home.space))
    return 'Your personal space is not kept: without it, your recovery words bring nothing back.'
  const spaces = kept === own ? 'Everything of yours is' : `${kept} of your ${own} spaces are`
  return recovers(safety.home)
    ? `${spaces} kept. Your recovery words lead there: write them down, under “You”.`
    : `${spaces} kept, or about to be. Your recovery words do not lead there yet.`
}
