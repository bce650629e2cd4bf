/** Spaces with others in them: who is in, and the ways in. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../design/icons.js'
import type { Home } from '../home.js'
import {
  isOut,
  mayInvite,
  memberRows,
  newSpace,
  openInvite,
  openPeople,
  sharedSpaces,
  spaceName,
  spaceText,
} from '../sharing/index.js'

type Space = Home['space']

export function sharedPanel(home: Home, join: () => void): TemplateResult {
  const spaces = sharedSpaces(home)
  const make = async () => {
    const space = await newSpace(home)
    if (space) openInvite(home, space)
  }
  return html`<section aria-labelledby="shared-title">
    <div class="section-head">
      <h2 id="shared-title">Shared</h2>
      <button class="button" @click=${make}>${icon('add', 18)} New shared space…</button>
      <button class="button" @click=${() => join()}>${icon('people', 18)} Join…</button>
    </div>
    ${
      spaces.length === 0
        ? html`<p class="quiet">
            Nothing is shared yet. Make a space and invite somebody, or join with a link that you were given.
          </p>`
        : html`<ul class="panels shared">
            ${spaces.map((space) => html`<li class="panel">${card(home, space)}</li>`)}
          </ul>`
    }
  </section>`
}

const card = (home: Home, space: Space): TemplateResult =>
  html`<h3>${spaceName(space)}</h3>
    ${memberRows(home, space)}
    ${isOut(space, home) ? html`<p class="state">You are not in it any more. What you had read is still here.</p>` : nothing}
    <div class="acts">
      ${
        mayInvite(space.role)
          ? html`<button
              class="button"
              aria-label=${`Invite to ${spaceText(space)}…`}
              @click=${() => openInvite(home, space)}
            >
              ${icon('add', 18)} Invite…
            </button>`
          : nothing
      }
      <button
        class="button"
        aria-label=${`People in ${spaceText(space)}…`}
        @click=${() => openPeople(home, space)}
      >
        People…
      </button>
    </div>`
