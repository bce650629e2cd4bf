/** Places to be: inbox, today, and one's own lists. A column where there is room, a strip where there is not. */
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { icon, mark, type IconName } from '../../design/icons.js'
import { nextTheme, setTheme, type Theme } from '../../design/theme.js'
import { createList } from './actions.js'
import { addressOf, type Board, type Place } from './board.js'
import { nameOf } from './model.js'

const themeIcons: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' }
const themeNames: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' }

export function sidebar(board: Board, theme: Theme): TemplateResult {
  return html`<header class="sidebar">
    <div class="brand">
      <a href="/" title="Everything in Hearth"
        >${mark(26)}<span class="visually-hidden">Hearth: </span>Tasks</a
      >
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
      <ul>
        <li>${link(board, 'inbox', 'Inbox', 'inbox')}</li>
        <li>${link(board, 'today', 'Today', 'calendar')}</li>
        ${repeat(
          board.lists,
          (list) => list.id,
          (list) => html`<li>${link(board, { list: list.id }, nameOf(list), 'list')}</li>`,
        )}
        <li>${newList(board)}</li>
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

function link(board: Board, place: Place, name: string, iconName: IconName): TemplateResult {
  const current = addressOf(place) === addressOf(board.place)
  const count = board.openCount(place)
  return html`<a class="place" href=${addressOf(place)} aria-current=${current ? 'page' : nothing}>
    ${icon(iconName, 18)}<span class="name">${name}</span>
    ${count > 0 ? html`<span class="count">${count}<span class="visually-hidden"> to do</span></span>` : nothing}
  </a>`
}

function newList(board: Board): TemplateResult {
  if (!board.addingList) {
    return html`<button class="place" @click=${() => openField(board)}>
      ${icon('add', 18)}<span class="name">New list</span>
    </button>`
  }
  const finish = (event: Event) => {
    if (board.addingList) createList(board, (event.target as HTMLInputElement).value)
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
      if (event.key === 'Escape') board.set('addingList', false)
    }}
  />`
}

function openField(board: Board): void {
  board.set('addingList', true)
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector<HTMLElement>('#new-list')?.focus()),
  )
}
