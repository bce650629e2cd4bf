/** Who this is: the names that others see, this person's devices, and the words that give everything back. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'

type Device = Home['devices']['value'][number]

/** The words while they are shown, and nowhere else. */
let words: readonly string[] | undefined
let problem = ''
let state = ''

export function youPanel(home: Home, changed: () => void): TemplateResult {
  const { displayName, deviceName, id } = home.identity.value
  const devices = home.devices.value
  const others = devices.filter(({ current }) => !current)
  const save = async (profile: { displayName?: string; deviceName?: string }) => {
    state = await home.setProfile(profile).then(
      () => 'Saved.',
      (error: Error) => error.message,
    )
    changed()
  }
  return html`<article class="panel" id="you">
    <h3>You</h3>
    <label class="field">
      <span>Your name</span>
      <input
        name="displayName"
        maxlength="256"
        autocomplete="name"
        placeholder="Not given yet"
        .value=${displayName}
        @change=${(event: Event) => save({ displayName: valueOf(event) })}
      />
    </label>
    <label class="field">
      <span>This device</span>
      <input
        name="deviceName"
        maxlength="256"
        .value=${deviceName}
        @change=${(event: Event) => save({ deviceName: valueOf(event) })}
      />
    </label>
    <p class="state" role="status">${state || 'Nobody sees these names until you share something.'}</p>
    ${
      others.length > 0
        ? html`<ul class="rows">
            ${others.map((device) => deviceRow(home, device))}
          </ul>`
        : nothing
    }
    <ul class="rows">
      <li><span>Identity</span><code title=${id}>${id.slice(0, 12)}…</code></li>
    </ul>
    <button class="button" @click=${() => dialog().showModal()}>${icon('note', 18)} Recovery words…</button>
    ${recovery(home, changed)}
  </article>`
}

const deviceRow = (home: Home, { id, name, revoked }: Device): TemplateResult =>
  html`<li>
    <span>${name || 'A device'}</span>
    ${
      revoked
        ? html`<span>Revoked</span>`
        : html`<button class="button" data-kind="quiet" @click=${() => home.revokeDevice(id)}>Revoke</button>`
    }
  </li>`

const dialog = () => document.querySelector<HTMLDialogElement>('#words')!

/** Shown only when it was asked for a second time, by somebody who was told what they are. */
function recovery(home: Home, changed: () => void): TemplateResult {
  const show = async () => {
    try {
      words = (await home.recoveryPhrase()).split(' ')
    } catch (error) {
      problem = (error as Error).message
    }
    changed()
  }
  const hide = () => {
    words = undefined
    problem = ''
    changed()
  }
  return html`<dialog id="words" aria-labelledby="words-title" closedby="any" @close=${hide}>
    <h2 id="words-title">Your recovery words</h2>
    <p>
      These 24 words give this identity back if you lose every device, and your data with it, from a host that
      keeps your spaces. No host does so yet: today, what you write is on this device only. Whoever has the
      words can be you, so write them on paper, show them to nobody, and do not photograph them.
    </p>
    ${
      words
        ? html`<ol class="words">
            ${words.map((word) => html`<li>${word}</li>`)}
          </ol>`
        : nothing
    }
    ${problem ? html`<p role="alert">${problem}</p>` : nothing}
    <form method="dialog">
      ${
        words
          ? html`<button class="button" data-kind="primary">Done</button>`
          : html`<button class="button" autofocus>Not now</button>
              <button class="button" data-kind="primary" type="button" @click=${show}>
                I am alone: show them
              </button>`
      }
    </form>
  </dialog>`
}

const valueOf = ({ target }: Event): string => (target as HTMLInputElement).value.trim()
