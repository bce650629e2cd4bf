/** Places to be: one's own, and each shared space with its lists. A column where there is room, a strip where there is not. */
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { icon, mark, type IconName } from '../../design/icons.js'
import { nextTheme, setTheme, type Theme } from '../../design/theme.js'
import {
  formerSpaces,
  mayInvite,
  newSpace,
  openInvite,
  openJoin,
  openPeople,
  spaceName,
  spaceText,
} from '../../sharing/index.js'
import { createList } from './actions.js'
import { addressOf, type Board, type Place } from './board.js'
import type { Space } from './hearth.js'
import { nameOf } from './model.js'

const themeIcons: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' }
const themeNames: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' }

export function sidebar(board: Board, theme: Theme): TemplateResult {
  return html`<header class="sidebar">
    <div class="brand">
      <a href="../../" title="Everything in Hearth"
        >${mark(26)}<span class="visually-hidden">Hearth: </span>Tasks</a
      >
      ${board.badge.view()}
      <button
        class="icon-button"
        aria-label="Colours: ${themeNames[theme]}. Change"
        title="Colours: ${themeNames[theme]}"
        @click=${() => {
          setTheme(nextTheme(theme))
          board.changed()
        }}
      >
        ${icon(themeIcons[theme])}
      </button>
    </div>
    <nav aria-label="Lists">
      ${board.home.spaces.value.length > 1 ? html`<h2 class="group-name">Mine</h2>` : nothing}
      <ul aria-label="Mine">
        <li>${link(board, 'inbox', 'Inbox', 'inbox')}</li>
        <li>${link(board, 'today', 'Today', 'calendar')}</li>
        ${lists(board, board.home.space)}
      </ul>
      ${repeat(
        board.shared,
        (space) => space.id,
        (space) => sharedSpace(board, space),
      )}
      ${formerSpaces(board.home).map(
        (space) =>
          html`<ul class="group" aria-label=${spaceText(space)}>
            <li>${link(board, { space: space.id }, spaceName(space), 'inbox')}</li>
            ${lists(board, space)}
          </ul>`,
      )}
      <ul class="ways-in" aria-label="Sharing">
        <li>
          <button class="place" @click=${() => newSharedSpace(board)}>
            ${icon('people', 18)}<span class="name">New shared space…</span>
          </button>
        </li>
        <li>
          <button class="place" @click=${() => join(board)}>
            ${icon('arrow', 18)}<span class="name">Join…</span>
          </button>
        </li>
      </ul>
    </nav>
    <button
      class="button keys"
      data-kind="quiet"
      @click=${() => document.querySelector<HTMLDialogElement>('#shortcuts')!.showModal()}
    >
      ${icon('keyboard', 18)} Shortcuts
    </button>
  </header>`
}

const lists = (board: Board, space: Space) =>
  html`${repeat(
    board.listsOf(space),
    (list) => list.id,
    (list) => html`<li>${link(board, { list: list.id }, html`<bdi>${nameOf(list)}</bdi>`, 'list')}</li>`,
  )}
  ${board.mayWriteIn(space) ? html`<li>${newList(board, space)}</li>` : nothing}`

/** Its name leads to what is on no list; beside it, the way to let others in. */
function sharedSpace(board: Board, space: Space): TemplateResult {
  const invites = mayInvite(space.role)
  const label = `${invites ? 'Invite to' : 'People in'} ${spaceText(space)}…`
  return html`<ul class="group" aria-label=${spaceText(space)}>
    <li class="with-act">
      ${link(board, { space: space.id }, spaceName(space), 'people')}
      <button
        class="icon-button"
        aria-label=${label}
        title=${label}
        @click=${() => (invites ? openInvite : openPeople)(board.home, space)}
      >
        ${icon('share', 18)}
      </button>
    </li>
    ${lists(board, space)}
  </ul>`
}

async function newSharedSpace(board: Board): Promise<void> {
  const space = await newSpace(board.home)
  if (space) board.go({ space: space.id })
}

const join = (board: Board) =>
  openJoin(board.home, {
    show: (space) => board.go(space === board.home.space ? 'inbox' : { space: space.id }),
  })

function link(board: Board, place: Place, name: string | TemplateResult, iconName: IconName): TemplateResult {
  const current = addressOf(place) === addressOf(board.place)
  const count = board.openCount(place)
  return html`<a class="place" href=${addressOf(place)} aria-current=${current ? 'page' : nothing}>
    ${icon(iconName, 18)}<span class="name">${name}</span>
    ${count > 0 ? html`<span class="count">${count}<span class="visually-hidden"> to do</span></span>` : nothing}
  </a>`
}

function newList(board: Board, space: Space): TemplateResult {
  if (board.addingList !== space.id) {
    const where =
      space === board.home.space
        ? nothing
        : html`<span class="visually-hidden"> in ${spaceName(space)}</span>`
    return html`<button class="place" @click=${() => openField(board, space)}>
      ${icon('add', 18)}<span class="name">New list${where}</span>
    </button>`
  }
  const finish = (event: Event) => {
    if (board.addingList === space.id) createList(board, (event.target as HTMLInputElement).value)
  }
  return html`<input
    id="new-list"
    class="field"
    aria-label="Name of the new list"
    placeholder="Name of the list"
    autocomplete="off"
    maxlength="120"
    @blur=${finish}
    @keydown=${(event: KeyboardEvent) => {
      if (event.isComposing) return
      if (event.key === 'Enter') finish(event)
      if (event.key === 'Escape') board.set('addingList', undefined)
    }}
  />`
}

function openField(board: Board, space: Space): void {
  board.set('addingList', space.id)
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector<HTMLElement>('#new-list')?.focus()),
  )
}
