/** The whole page, from the state of the board. */
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { icon } from '../../design/icons.js'
import type { Theme } from '../../design/theme.js'
import { isOut } from '../../sharing/index.js'
import { remove } from './actions.js'
import type { Board } from './board.js'
import { composer } from './composer.js'
import { header } from './header.js'
import type { Todo } from './model.js'
import { notices, toast } from './notices.js'
import { shortcuts } from './shortcuts.js'
import { sidebar } from './sidebar.js'
import { taskRow } from './task-row.js'

export function page(board: Board, theme: Theme): TemplateResult {
  return html`
    ${sidebar(board, theme)}
    <main>
      <div class="column">
        ${header(board)} ${notices(board)}
        ${
          board.isGone
            ? html`<p class="empty">
                This is not here any more: it was removed, or you are not in its space.
                <a href="#inbox">Go to the inbox</a>
              </p>`
            : [
                board.mayWriteIn(board.space)
                  ? composer(board)
                  : html`<p class="reading" role="status">
                      ${icon('people', 18)}
                      ${
                        isOut(board.space, board.home)
                          ? 'You are not in this space any more. What you had read is still here.'
                          : 'You read along here. To change something, ask an admin for a role.'
                      }
                    </p>`,
                tasks(board),
              ]
        }
      </div>
    </main>
    ${toast(board)} ${shortcuts()}
  `
}

function tasks(board: Board): TemplateResult {
  if (board.loading) return html`<p class="empty" aria-busy="true">Opening…</p>`
  const here = board.at(board.place)
  const open = board.filter === 'done' ? [] : here.filter((todo) => !todo.done)
  const done = board.filter === 'open' ? [] : here.filter((todo) => todo.done)
  if (open.length + done.length === 0) return empty(board, here)
  const more = open.length + done.length - board.shown
  return html`
    <p class="visually-hidden" id="handle-help">
      Arrow keys move the task up and down. Or hold Alt and press an arrow key anywhere in it.
    </p>
    ${open.length > 0 ? rows(board, open.slice(0, board.shown), 'To do') : nothing}
    ${
      open.length === 0 && board.filter === 'all'
        ? html`<p class="all-done">${icon('check')} All done here.</p>`
        : nothing
    }
    ${
      done.length > 0
        ? html`<div class="section">
              <h2>Done <span class="count">${done.length}</span></h2>
              <button
                class="button"
                data-kind="quiet"
                ?disabled=${done.some((todo) => !board.mayWrite(todo))}
                @click=${() => remove(board, done)}
              >
                Clear done
              </button>
            </div>
            ${rows(board, done.slice(0, Math.max(0, board.shown - open.length)), 'Done')}`
        : nothing
    }
    ${
      more > 0
        ? html`<button class="button more" @click=${() => board.showMore()}>Show more (${more} left)</button>`
        : nothing
    }
  `
}

const rows = (board: Board, todos: readonly Todo[], label: string) =>
  html`<ul class="tasks" aria-label=${label}>
    ${repeat(
      todos,
      (todo) => todo.id,
      (todo) => taskRow(board, todo),
    )}
  </ul>`

function empty({ filter, place }: Board, here: readonly Todo[]): TemplateResult {
  const [title, text] =
    filter === 'done'
      ? ['Nothing done yet', 'What you tick off is kept here until you clear it.']
      : filter === 'open' && here.length > 0
        ? ['All done here', 'Choose All to see what was done.']
        : place === 'today'
          ? ['Nothing due today', 'Tasks with today’s date, and those that are late, show up here.']
          : ['A clear hearth', 'Write down the first thing that comes to mind.']
  return html`<div class="empty">
    <svg aria-hidden="true" width="96" height="72" viewBox="0 0 96 72" fill="none" stroke-linecap="round">
      <path class="wall" d="M18 66V36a30 30 0 0 1 60 0v30M8 67h80" />
      <path
        class="flame"
        d="M49 24c1.500 9 13.500 14 13.500 26.500a14 14 0 0 1-28 0c0-6.200 2.900-9.600 6-12.500.6 3.200 2.100 4.800 4 5.400-1-7 .6-14 4.500-19.400z"
      />
    </svg>
    <h2>${title}</h2>
    <p>${text}</p>
  </div>`
}
