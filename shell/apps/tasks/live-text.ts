/**
 * A text control bound to text that others may change while somebody types in it. It shows what differs, keeps caret
 * and selection where they were in the text, and tells what was typed as an edit of what is there *now*: between a
 * remote change and the frame that shows it, the control is behind.
 */
import { noChange } from 'lit'
import { Directive, directive, type ElementPart } from 'lit/directive.js'
import { apply, difference, mapPosition, rebase, type Edit } from './difference.js'

type TextControl = HTMLInputElement | HTMLTextAreaElement

/** What each control was last set to, or had told: what the next edit in it is made on. */
const bases = new WeakMap<EventTarget, string>()

/** Controls in which an input method is composing: a value set now would break the word being written. */
const composing = new WeakSet<EventTarget>()
addEventListener('compositionstart', ({ target }) => target && composing.add(target), true)
addEventListener('compositionend', ({ target }) => target && composing.delete(target), true)

class LiveText extends Directive {
  render(_value: string): unknown {
    return noChange
  }

  override update(part: ElementPart, [value]: [string]): unknown {
    const control = part.element as TextControl
    if (!composing.has(control)) show(control, value)
    return noChange
  }
}

/** Used as an attribute without a name: `<textarea ${liveText(todo.notes)}>`. */
export const liveText = directive(LiveText)

/**
 * What was typed since the control last showed `now` or an earlier text. The control then shows the result.
 * @returns the edit of `now`; undefined if nothing changed
 */
export function takeEdit(control: TextControl, now: string): Edit | undefined {
  const base = bases.get(control) ?? ''
  const typed = difference(base, control.value)
  if (typed.removed === 0 && typed.inserted === '') return undefined
  // Some keyboards send a character beyond U+FFFF in two events: the first half alone is nothing to keep.
  if (/\p{Surrogate}/u.test(typed.inserted)) return undefined
  const edit = rebase(typed, base, now)
  // While composing, only the base follows: others' changes are shown when the word is finished.
  if (composing.has(control)) bases.set(control, control.value)
  else show(control, apply(now, edit))
  return edit
}

function show(control: TextControl, value: string): void {
  bases.set(control, value)
  if (control.value === value) return
  if (document.activeElement !== control) {
    control.value = value
    return
  }
  const change = difference(control.value, value)
  const start = mapPosition(control.selectionStart ?? 0, change)
  const end = mapPosition(control.selectionEnd ?? 0, change)
  control.value = value
  control.setSelectionRange(start, end)
}
