/** Who is in a space, as what; and what one may do about it. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home, MemberInfo, Role, Space } from './api.js'
import { ask, Dialog } from './dialog.js'
import { icon } from '../design/icons.js'
import { openInvite } from './invite-dialog.js'
import { isOut, spaceName } from './spaces.js'
import { inOrder, mayInvite, memberName, memberText, roleNames, rolesFor } from './words.js'

/** Without controls: who is in, at a glance. */
export const memberRows = (home: Home, space: Space): TemplateResult =>
  html`<ul class="rows members">
    ${inOrder(space.members.value).map(
      (member) =>
        html`<li>
          <span>${memberName(member)}${isSelf(home, member) ? ' (you)' : nothing}</span>
          <span>${roleNames[member.role]}</span>
        </li>`,
    )}
  </ul>`

const isSelf = (home: Home, { id }: MemberInfo): boolean => id === home.identity.value.id

class PeopleDialog extends Dialog {
  constructor(
    private readonly home: Home,
    private readonly space: Space,
  ) {
    super()
    this.follow(home.identity)
    this.follow(home.spaces)
    this.follow(space.info)
    this.follow(space.members)
  }

  protected view(): TemplateResult {
    const { home, space } = this
    const { role } = space
    return html`${this.title(html`People in ${spaceName(space)}`)}
      <ul class="rows members">
        ${inOrder(space.members.value).map((member) => this.row(member))}
      </ul>
      ${isOut(space, home) ? html`<p>You are not in it any more. What you had read is still here.</p>` : nothing}
      ${this.alert()}
      <div class="acts asides">
        <button class="button" data-kind="quiet" @click=${() => this.leave()}>
          ${isOut(space, home) ? 'Remove it from this device…' : 'Leave…'}
        </button>
        ${
          role === 'owner'
            ? html`<button class="button" data-kind="quiet" @click=${() => this.delete()}>
                Delete for everyone…
              </button>`
            : nothing
        }
      </div>
      <div class="ends">
        ${
          mayInvite(role)
            ? html`<button class="button" @click=${() => openInvite(home, space)}>
                ${icon('add', 18)} Invite…
              </button>`
            : nothing
        }
        <button class="button" data-kind="primary" autofocus @click=${() => this.close()}>Done</button>
      </div>`
  }

  private row(member: MemberInfo): TemplateResult {
    const own = this.space.role
    const self = isSelf(this.home, member)
    const choices = self ? [] : rolesFor(own, member.role)
    const who = memberText(member)
    return html`<li>
      <span>${memberName(member)}${self ? ' (you)' : nothing}</span>
      <span class="acts">
        ${
          choices.length > 0
            ? html`<select
                  aria-label=${`Role of ${who}`}
                  @change=${(event: Event) => this.setRole(member, event.target as HTMLSelectElement)}
                >
                  ${choices.map(
                    (role) =>
                      html`<option value=${role} .selected=${role === member.role}>
                        ${roleNames[role]}
                      </option>`,
                  )}
                </select>
                <button
                  class="icon-button"
                  aria-label=${`Remove ${who}`}
                  title="Remove"
                  @click=${() => this.remove(member)}
                >
                  ${icon('close', 18)}
                </button>`
            : roleNames[member.role]
        }
      </span>
    </li>`
  }

  private async setRole(member: MemberInfo, field: HTMLSelectElement): Promise<void> {
    const went = await this.tried(() => this.space.setRole(member.id, field.value as Role))
    if (!went) field.value = member.role
  }

  private async remove(member: MemberInfo): Promise<void> {
    const yes = await ask({
      title: html`Remove ${memberName(member)}?`,
      text: html`They see nothing of what is written in ${spaceName(this.space)} from now on. What they have
      read, they have.`,
      yes: 'Remove',
      no: 'Keep',
    })
    if (yes) await this.tried(() => this.space.removeMember(member.id))
  }

  private async leave(): Promise<void> {
    const out = isOut(this.space, this.home)
    const yes = await ask({
      title: html`${out ? 'Remove' : 'Leave'} ${spaceName(this.space)}?`,
      text: 'What is here of it is removed from this device. The others keep it.',
      yes: out ? 'Remove' : 'Leave',
      no: out ? 'Keep' : 'Stay',
    })
    if (yes && (await this.tried(() => this.home.leaveSpace(this.space.id)))) this.close()
  }

  private async delete(): Promise<void> {
    const yes = await ask({
      title: html`Delete ${spaceName(this.space)} for everyone?`,
      text: 'It goes from every device of everybody who is in, with all that is in it. There is no way back.',
      yes: 'Delete for everyone',
      no: 'Keep it',
    })
    if (yes && (await this.tried(() => this.space.delete()))) this.close()
  }
}

export const openPeople = (home: Home, space: Space): void => void new PeopleDialog(home, space).open()
