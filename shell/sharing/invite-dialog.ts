/** Inviting: as what, then the link, its QR code and the code to be told beside it, and what comes of it. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../design/icons.js'
import type { Home, Invitation, Role, Space } from './api.js'
import { Dialog } from './dialog.js'
import { OwnName } from './own-name.js'
import { spaceName } from './spaces.js'
import { grouped, invitationWords, isOpen, roleNames, roleWords, timeLeft } from './words.js'

/** No owner: who has a link is not enough for that. */
const roles: readonly Role[] = ['reader', 'editor', 'admin']
const uses = [1, 5, 20]
const times: readonly (readonly [ms: number, words: string])[] = [
  [600_000, '10 minutes'],
  [3_600_000, '1 hour'],
  [86_400_000, '1 day'],
  [604_800_000, '1 week'],
]
const ways: readonly (readonly [hasCode: boolean, name: string, words: string])[] = [
  [true, 'A link and a code', 'You tell the code; this device lets them in.'],
  [
    false,
    'The link alone',
    'Whoever has it comes in, also while you are away: any admin’s device lets them in.',
  ],
]

class InviteDialog extends Dialog {
  private role: Role = 'editor'
  private uses = 1
  private expiresMs = 600_000
  private hasCode = true
  private readonly ownName: OwnName
  private busy = false
  /** Whether there is one that is open. */
  private isLooking = true
  private said = ''
  private invitation: Invitation | undefined

  /** @param space undefined: another device of this identity */
  constructor(
    private readonly home: Home,
    private readonly space: Space | undefined,
  ) {
    super()
    this.ownName = new OwnName(home)
    this.follow(home.identity)
    if (space) this.follow(space.info)
    void this.look()
    const ticking = setInterval(() => this.invitation && this.changed(), 1000)
    this.over.signal.addEventListener('abort', () => clearInterval(ticking))
  }

  /** One that is open is shown again, whoever of this device has made it, and in whichever page. */
  private async look(): Promise<void> {
    const { home, space } = this
    const options = { again: true }
    const known = await (space ? space.invite(options) : home.inviteDevice(options)).catch(() => undefined)
    this.isLooking = false
    if (known && !this.over.signal.aborted) this.show(known)
    this.update(known ? '.acts button' : '[data-kind=primary]')
  }

  protected view(): TemplateResult {
    if (this.isLooking) return this.waiting()
    return this.invitation ? this.shown(this.invitation) : this.form()
  }

  private waiting(): TemplateResult {
    return html`${this.heading()}
      <p class="progress" role="status">
        <span class="spinner"></span>Looking for an invitation that is open…
      </p>
      <div class="ends">
        <button class="button" type="button" @click=${() => this.close()}>Cancel</button>
      </div>`
  }

  private heading(): TemplateResult {
    const { space } = this
    return this.title(space ? html`Invite to ${spaceName(space)}` : 'Invite another device of yours')
  }

  private form(): TemplateResult {
    const { space } = this
    return html`${this.heading()}
      ${
        space
          ? nothing
          : html`<p>
              The other device becomes one of yours: it has all your spaces, and what is written on it is
              written by you. What it had before stays on it. To let somebody else in, share a space instead.
            </p>`
      }
      <form class="fields" @submit=${this.submit}>
        ${space ? [this.roles(), this.needs(), this.bounds()] : nothing}
        ${space ? this.ownName.field() : nothing} ${this.alert()}
        <div class="ends">
          <button class="button" type="button" @click=${() => this.close()}>Cancel</button>
          <button class="button" data-kind="primary" autofocus ?disabled=${this.busy}>Make invitation</button>
        </div>
      </form>`
  }

  private roles(): TemplateResult {
    return html`<fieldset class="roles">
      <legend>Whoever comes is</legend>
      <div class="choices">
        ${roles.map(
          (role) =>
            html`<label>
              <input
                type="radio"
                name="role"
                value=${role}
                .checked=${role === this.role}
                @change=${() => (this.role = role)}
              />
              <span><strong>${roleNames[role]}</strong><small>${roleWords[role]}</small></span>
            </label>`,
        )}
      </div>
    </fieldset>`
  }

  private needs(): TemplateResult {
    return html`<fieldset class="roles">
      <legend>They need</legend>
      <div class="choices">
        ${ways.map(
          ([hasCode, name, words]) =>
            html`<label>
              <input
                type="radio"
                name="code"
                .checked=${hasCode === this.hasCode}
                @change=${() => (this.hasCode = hasCode)}
              />
              <span><strong>${name}</strong><small>${words}</small></span>
            </label>`,
        )}
      </div>
    </fieldset>`
  }

  private bounds(): TemplateResult {
    return html`<div class="pair">
      <label class="field">
        <span>For</span>
        <select @change=${(event: Event) => (this.uses = Number(valueOf(event)))}>
          ${uses.map(
            (count) =>
              html`<option value=${count} ?selected=${count === this.uses}>
                ${count === 1 ? 'one person' : `up to ${count} people`}
              </option>`,
          )}
        </select>
      </label>
      <label class="field">
        <span>Good for</span>
        <select @change=${(event: Event) => (this.expiresMs = Number(valueOf(event)))}>
          ${times.map(([ms, words]) => html`<option value=${ms} ?selected=${ms === this.expiresMs}>${words}</option>`)}
        </select>
      </label>
    </div>`
  }

  private shown(invitation: Invitation): TemplateResult {
    const { space } = this
    const state = invitation.state.value
    const open = isOpen(state)
    return html`${this.title(space ? html`Invitation to ${spaceName(space)}` : 'Invitation for another device')}
      ${open ? this.ways(invitation) : nothing}
      <p class="progress" role="status" data-at=${state.at}>
        ${open ? html`<span class="pulse"></span>` : icon(state.at === 'done' ? 'check' : 'alert', 18)}
        <span>${invitationWords(state, !space)}</span>
      </p>
      ${
        open
          ? html`<p class="quiet">
              Good for <span class="time">${timeLeft(state.expiresAt - Date.now())}</span> more, while Hearth
              is open on this device${space && !invitation.code ? ', or on one of another admin' : nothing};
              this dialog may be closed.
            </p>`
          : nothing
      }
      ${this.alert()}
      <div class="ends">
        ${
          open
            ? html`<button class="button" @click=${() => this.tried(() => invitation.cancel())}>
                Call it back
              </button>`
            : html`<button class="button" @click=${() => this.again()}>Make another</button>`
        }
        <button class="button" data-kind="primary" @click=${() => this.close()}>
          ${open ? 'Close' : 'Done'}
        </button>
      </div>`
  }

  private ways({ link, code, qr }: Invitation): TemplateResult {
    const share = { title: 'Hearth', url: link }
    return html`<div class="ways">
        <img
          class="qr"
          alt="The link as a QR code, for the camera of the other device"
          src="data:image/svg+xml,${encodeURIComponent(qr().replaceAll('currentColor', '#000'))}"
        />
        <div class="way">
          <label class="field">
            <span>${code ? '1. Send this link' : 'Send this link'}</span>
            <input
              name="link"
              readonly
              .value=${link}
              @focus=${(event: Event) => (event.target as HTMLInputElement).select()}
            />
          </label>
          <div class="acts">
            <button class="button" @click=${() => this.copy(link)}>${icon('copy', 18)} Copy the link</button>
            ${
              typeof navigator.share === 'function'
                ? html`<button class="button" @click=${() => navigator.share(share).catch(() => undefined)}>
                    ${icon('share', 18)} Send…
                  </button>`
                : nothing
            }
            <span class="quiet" role="status">${this.said}</span>
          </div>
        </div>
      </div>
      ${
        code
          ? html`<div class="tell">
              <p>2. Tell this code in another way than the link, such as on the phone</p>
              <p class="code">
                <span aria-hidden="true">${grouped(code)}</span>
                <span class="visually-hidden">${[...code].join(' ')}</span>
              </p>
            </div>`
          : nothing
      }`
  }

  private readonly submit = async (event: Event) => {
    event.preventDefault()
    if (this.busy) return
    this.busy = true
    this.update()
    const { home, space, role, expiresMs } = this
    await this.tried(async () => {
      await this.ownName.keep()
      const invitation = space
        ? await space.invite({ role, uses: this.uses, expiresMs, code: this.hasCode })
        : await home.inviteDevice({ expiresMs })
      this.show(invitation)
    })
    this.busy = false
    this.update(this.invitation ? '.acts button' : undefined)
  }

  private show(invitation: Invitation): void {
    this.invitation = invitation
    this.follow(invitation.state)
  }

  private again(): void {
    this.invitation = undefined
    this.problem = this.said = ''
    this.update('[data-kind=primary]')
  }

  private async copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link)
      this.said = 'Copied.'
    } catch {
      this.said = 'Not copied: select the link, and copy it yourself.'
      this.element.querySelector<HTMLInputElement>('[name=link]')?.select()
    }
    this.update()
  }
}

const valueOf = ({ target }: Event): string => (target as HTMLInputElement | HTMLSelectElement).value

export const openInvite = (home: Home, space: Space): void => void new InviteDialog(home, space).open()
export const openInviteDevice = (home: Home): void => void new InviteDialog(home, undefined).open()
