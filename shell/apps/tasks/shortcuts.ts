/** The dialog that `?` opens. */
import { html, type TemplateResult } from 'lit'

const keys: readonly (readonly [string, string])[] = [
  ['N or /', 'Write a new task'],
  ['1  2  3', 'All, open, done'],
  ['↑  ↓', 'From task to task'],
  ['Enter', 'On to the next task'],
  ['Ctrl or ⌘ + Enter', 'Done, or to do again'],
  ['Alt + ↑  ↓', 'Move the task'],
  ['Backspace in an empty title', 'Remove the task'],
  ['Ctrl or ⌘ + Z', 'Bring back what was removed'],
  ['?', 'This list'],
]

export const shortcuts = (): TemplateResult =>
  html`<dialog id="shortcuts" aria-labelledby="shortcuts-title" closedby="any">
    <h2 id="shortcuts-title">Shortcuts</h2>
    <dl>
      ${keys.map(
        ([key, does]) =>
          html`<div>
            <dt>${does}</dt>
            <dd><kbd>${key}</kbd></dd>
          </div>`,
      )}
    </dl>
    <form method="dialog"><button class="button" data-kind="primary">Close</button></form>
  </dialog>`
