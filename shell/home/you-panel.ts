/** Who this is: the names that others see, this person's devices, and the words that give everything back. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'
import { openInviteDevice } from '../sharing/index.js'
import { openRecovery, recoveryDialog } from './recovery-dialog.js'

type Device = Home['devices']['value'][number]

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
    <p class="state" role="status">
      ${state || (home.status.value.kube === 'none' ? 'Nobody sees these names until you share something.' : 'Those you share something with see your name.')}
    </p>
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
    <div class="acts">
      <button class="button" @click=${() => openInviteDevice(home)}>
        ${icon('device', 18)} Invite another device…
      </button>
      <button class="button" @click=${() => openRecovery(home, changed)}>
        ${icon('note', 18)} Recovery words…
      </button>
    </div>
    ${recoveryDialog(home, changed)}
  </article>`
}

const deviceRow = (home: Home, { id, name, revoked }: Device): TemplateResult =>
  html`<li>
    <span>${name ? html`<bdi>${name}</bdi>` : 'A device'}</span>
    ${
      revoked
        ? html`<span>Revoked</span>`
        : html`<button class="button" data-kind="quiet" @click=${() => home.revokeDevice(id)}>Revoke</button>`
    }
  </li>`

const valueOf = ({ target }: Event): string => (target as HTMLInputElement).value.trim()
