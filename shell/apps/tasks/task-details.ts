/** What a task has beside its title: notes, day, tags, list. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../../design/icons.js'
import { spaceText } from '../../sharing/index.js'
import { remove } from './actions.js'
import { announce } from './announce.js'
import type { Board } from './board.js'
import { day, fromInput, toInput } from './due.js'
import { liveText, takeEdit } from './live-text.js'
import { addTag, dueOf, editNotes, nameOf, notesOf, removeTag, tagsOf, titleOf, type Todo } from './model.js'

export function taskDetails(board: Board, todo: Todo): TemplateResult {
  const notes = notesOf(todo)
  return html`
    <div class="grow notes" data-text=${notes}>
      <textarea
        rows="2"
        aria-label="Notes"
        placeholder="Notes"
        ${liveText(notes)}
        @input=${(event: Event) => {
          const edit = takeEdit(event.target as HTMLTextAreaElement, notesOf(todo))
          if (edit) editNotes(todo, edit)
        }}
      ></textarea>
    </div>
    <dl>
      <dt>${icon('calendar', 16)} <label for="due-${todo.id}">Due</label></dt>
      <dd>${dueEditor(todo)}</dd>
      <dt>${icon('tag', 16)} <label for="tag-${todo.id}">Tags</label></dt>
      <dd>${tagEditor(todo)}</dd>
      <dt>${icon('list', 16)} <label for="list-${todo.id}">List</label></dt>
      <dd>${listEditor(board, todo)}</dd>
    </dl>
    <div class="details-end">
      <button class="button remove" data-kind="quiet" @click=${() => remove(board, [todo])}>
        ${icon('trash', 18)} Remove
      </button>
    </div>
  `
}

function dueEditor(todo: Todo): TemplateResult {
  const due = dueOf(todo)
  const set = (value: Date | undefined) => {
    if (value) todo.due = value
    else delete todo.due
  }
  return html`<input
      id="due-${todo.id}"
      class="field"
      type="date"
      .value=${toInput(due)}
      @change=${(event: Event) => set(fromInput((event.target as HTMLInputElement).value))}
    />
    <span class="choices">
      <button class="chip" @click=${() => set(day())}>Today</button>
      <button class="chip" @click=${() => set(day(1))}>Tomorrow</button>
      <button class="chip" @click=${() => set(day(7))}>Next week</button>
      ${due ? html`<button class="chip" @click=${() => set(undefined)}>No day</button>` : nothing}
    </span>`
}

function tagEditor(todo: Todo): TemplateResult {
  const take = (field: HTMLInputElement) => {
    addTag(todo, field.value)
    field.value = ''
  }
  const tags = tagsOf(todo)
  return html`${tags.map(
      (tag) =>
        html`<span class="tag">
          ${tag}
          <button
            aria-label="Remove the tag ${tag}"
            @click=${() => {
              removeTag(todo, tag)
              document.querySelector<HTMLElement>(`[id="tag-${todo.id}"]`)?.focus()
            }}
          >
            ${icon('close', 12)}
          </button>
        </span>`,
    )}
    <input
      id="tag-${todo.id}"
      class="field tag-field"
      placeholder="Add a tag"
      autocomplete="off"
      maxlength="40"
      @keydown=${(event: KeyboardEvent) => {
        const field = event.target as HTMLInputElement
        if (event.isComposing) return
        if ((event.key === 'Enter' && !event.ctrlKey && !event.metaKey) || event.key === ',') {
          event.preventDefault()
          take(field)
        } else if (event.key === 'Backspace' && field.value === '' && tags.length > 0) {
          removeTag(todo, tags.at(-1)!)
        }
      }}
      @blur=${(event: Event) => take(event.target as HTMLInputElement)}
    />`
}

function listEditor(board: Board, todo: Todo): TemplateResult {
  const space = board.spaceOf(todo)
  const lists = board.listsOf(space)
  const none = space === board.home.space ? 'Inbox' : spaceText(space)
  const known = lists.some(({ id }) => id === todo.list)
  const move = (list: string) => {
    const name = list === '' ? none : nameOf(lists.find(({ id }) => id === list)!)
    if (list === '') delete todo.list
    else todo.list = list
    announce(`${titleOf(todo)}: moved to ${name}`)
    if (board.place !== 'today') board.say(`Moved to ${name}`)
  }
  return html`<select
    id="list-${todo.id}"
    class="field"
    @change=${(event: Event) => move((event.target as HTMLSelectElement).value)}
  >
    <option value="" ?selected=${!known}>${none}</option>
    ${lists.map(
      (list) => html`<option value=${list.id} ?selected=${list.id === todo.list}>${nameOf(list)}</option>`,
    )}
  </select>`
}
