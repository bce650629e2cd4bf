/**
 * `.value` of a text control that others may change while somebody types in it: sets only what differs, and keeps
 * caret and selection where they were in the text.
 */
import { noChange } from 'lit'
import { Directive, directive, type ElementPart } from 'lit/directive.js'
import { difference } from './model.js'

type TextControl = HTMLInputElement | HTMLTextAreaElement

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
    if (control.value === value || composing.has(control)) return noChange
    if (document.activeElement !== control) {
      control.value = value
      return noChange
    }
    const { from, removed, inserted } = difference(control.value, value)
    const shift = (at: number | null) =>
      at === null || at <= from ? (at ?? 0) : Math.max(from, at - removed) + inserted.length
    const [start, end] = [shift(control.selectionStart), shift(control.selectionEnd)]
    control.value = value
    control.setSelectionRange(start, end)
    return noChange
  }
}

/** Used as an attribute without a name: `<textarea ${liveText(todo.notes)}>`. */
export const liveText = directive(LiveText)
