/** What one looks at: its name, how much is left, and which part of it shows. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../../design/icons.js'
import { deleteList } from './actions.js'
import {
  mayInvite,
  memberName,
  openInvite,
  openPeople,
  sharedSpaces,
  spaceName,
} from '../../sharing/index.js'
import { addressOf, type Board, type Filter } from './board.js'
import { nameOf, type List } from './model.js'

export function header(board: Board): TemplateResult {
  const here = board.at(board.place)
  const open = board.openCount(board.place)
  const counts: Record<Filter, number> = { all: here.length, open, done: here.length - open }
  const { list } = board
  return html`<div class="top">
    <div class="heading">
      ${list && board.renaming ? nameField(board, list) : html`<h1><bdi>${board.title}</bdi></h1>`}
      ${
        list && !board.renaming && board.mayWrite(list)
          ? html`<button
                class="icon-button"
                aria-label="Rename the list"
                title="Rename"
                @click=${() => rename(board)}
              >
                ${icon('pencil', 18)}
              </button>
              <button
                class="icon-button"
                aria-label="Delete the list and what is on it"
                title="Delete the list"
                @click=${() => deleteList(board, list)}
              >
                ${icon('trash', 18)}
              </button>`
          : nothing
      }
    </div>
    ${sharedWith(board)}
    <p class="summary">${summary(board, open, counts.done)}</p>
    <fieldset class="segments">
      <legend class="visually-hidden">Show</legend>
      ${(['all', 'open', 'done'] as const).map(
        (filter) =>
          html`<label>
            <input
              type="radio"
              name="filter"
              .checked=${board.filter === filter}
              @change=${() => board.set('filter', filter)}
            />
            <span>${filter === 'all' ? 'All' : filter === 'open' ? 'Open' : 'Done'}</span>
            <span class="count">${counts[filter]}</span>
          </label>`,
      )}
    </fieldset>
  </div>`
}

/** Whose space it is, and the way to let others in. */
function sharedWith({ home, list, space, isGone, loading }: Board): TemplateResult | typeof nothing {
  if (isGone || loading || !sharedSpaces(home).includes(space)) return nothing
  const others = space.members.value.filter(({ id }) => id !== home.identity.value.id)
  return html`<div class="shared-with">
    <span class="who">
      ${icon('people', 16)}
      <span>
        ${list ? html`In <a href=${addressOf({ space: space.id })}>${spaceName(space)}</a>. ` : nothing}${
          others.length === 0
            ? 'Only you so far'
            : ['With ', ...others.map((one, at) => [at > 0 ? ', ' : '', memberName(one)])]
        }
      </span>
    </span>
    <button class="button" @click=${() => openPeople(home, space)}>People…</button>
    ${
      mayInvite(space.role)
        ? html`<button class="button" @click=${() => openInvite(home, space)}>
            ${icon('add', 18)} Invite…
          </button>`
        : nothing
    }
  </div>`
}

function summary(board: Board, open: number, done: number): string {
  if (board.loading) return ' '
  const date = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
  const left = open === 0 ? (done > 0 ? 'All done' : 'Nothing here yet') : `${open} to do`
  return board.place === 'today' ? `${date.format(new Date())} · ${open === 0 ? 'nothing left' : left}` : left
}

function nameField(board: Board, list: List): TemplateResult {
  const finish = (event: Event) => {
    const name = (event.target as HTMLInputElement).value.trim()
    if (!board.renaming) return
    if (name !== '' && name !== list.name) list.name = name
    board.set('renaming', false)
  }
  return html`<input
    id="list-name"
    class="field"
    aria-label="Name of the list"
    .value=${nameOf(list)}
    autocomplete="off"
    maxlength="120"
    @blur=${finish}
    @keydown=${(event: KeyboardEvent) => {
      if (event.isComposing) return
      if (event.key === 'Enter') finish(event)
      if (event.key === 'Escape') board.set('renaming', false)
    }}
  />`
}

function rename(board: Board): void {
  board.set('renaming', true)
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector<HTMLInputElement>('#list-name')?.select()),
  )
}
