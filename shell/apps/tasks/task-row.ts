/** One task: grip, tick, title edited in place, what there is to know at a glance, and its details when open. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../../design/icons.js'
import { spaceName } from '../../sharing/index.js'
import { movable, moveTo, setDone } from './actions.js'
import type { Board } from './board.js'
import { drag } from './drag.js'
import { daysUntil, dueInWords } from './due.js'
import { liveText, takeEdit } from './live-text.js'
import { dueOf, editTitle, nameOf, notesOf, tagsOf, titleOf, type Todo } from './model.js'
import { taskDetails } from './task-details.js'

export function taskRow(board: Board, todo: Todo): TemplateResult {
  const title = titleOf(todo)
  const expanded = board.expanded === todo.id
  const mayWrite = board.mayWrite(todo)
  const canMove = board.place !== 'today' && !todo.done && mayWrite
  return html`<li class="task ${expanded ? 'expanded' : ''} ${todo.done ? 'done' : ''}" data-id=${todo.id}>
    <div class="row">
      ${
        canMove
          ? html`<button
              class="handle"
              data-focus="handle"
              aria-label="Move: ${title}"
              aria-describedby="handle-help"
              @pointerdown=${(event: PointerEvent) => startDrag(board, todo, event)}
            >
              ${icon('grip', 18)}
            </button>`
          : html`<span class="handle"></span>`
      }
      <label class="tick">
        <input
          type="checkbox"
          data-focus="tick"
          aria-label="Done: ${title}"
          ?disabled=${!mayWrite}
          .checked=${!!todo.done}
          @change=${(event: Event) => setDone(todo, (event.target as HTMLInputElement).checked)}
        />
        <span>${icon('check', 16)}</span>
      </label>
      <div class="body">
        <div class="grow" data-text=${title}>
          <textarea
            class="title"
            rows="1"
            aria-label="Title"
            placeholder="No title"
            spellcheck="true"
            enterkeyhint="next"
            ?readonly=${!mayWrite}
            ${liveText(title)}
            @input=${(event: Event) => {
              const edit = takeEdit(event.target as HTMLTextAreaElement, titleOf(todo))
              if (edit) editTitle(todo, edit)
            }}
          ></textarea>
        </div>
        ${facts(board, todo)}
      </div>
      <button
        class="icon-button details-button"
        data-focus="details"
        aria-expanded=${expanded}
        aria-controls="details-${todo.id}"
        aria-label="Details of ${title}"
        @click=${() => board.set('expanded', expanded ? undefined : todo.id)}
      >
        ${icon('chevron')}
      </button>
    </div>
    <div id="details-${todo.id}" class="details" ?hidden=${!expanded}>
      ${expanded ? html`<fieldset ?disabled=${!mayWrite}>${taskDetails(board, todo)}</fieldset>` : nothing}
    </div>
  </li>`
}

function facts(board: Board, todo: Todo): TemplateResult | typeof nothing {
  const due = dueOf(todo)
  const tags = tagsOf(todo)
  const noted = notesOf(todo).trim() !== ''
  const isToday = board.place === 'today'
  const list = isToday ? board.lists.find(({ id }) => id === todo.list) : undefined
  const space = isToday && board.spaceOf(todo) !== board.home.space ? board.spaceOf(todo) : undefined
  if (!due && tags.length === 0 && !noted && !list && !space) return nothing
  const days = due ? daysUntil(due) : 0
  return html`<p class="facts">
    ${
      due
        ? html`<span class="due" data-when=${todo.done || days > 0 ? 'later' : days === 0 ? 'today' : 'late'}>
            ${icon('calendar', 14)}<span class="visually-hidden">Due </span>${dueInWords(due)}
          </span>`
        : nothing
    }
    ${space ? html`<span>${icon('people', 14)}${spaceName(space)}</span>` : nothing}
    ${list ? html`<span>${icon('list', 14)}<bdi>${nameOf(list)}</bdi></span>` : nothing}
    ${noted ? html`<span>${icon('note', 14)}Notes</span>` : nothing}
    ${tags.map((tag) => html`<span class="tag">${tag}</span>`)}
  </p>`
}

function startDrag(board: Board, todo: Todo, event: PointerEvent): void {
  const row = (event.currentTarget as HTMLElement).closest<HTMLElement>('.task')!
  const rows = [...row.parentElement!.children] as HTMLElement[]
  const shown = movable(board).slice(0, rows.length)
  if (shown.length === rows.length) drag(event, row, rows, (to) => moveTo(board, todo, to))
}
