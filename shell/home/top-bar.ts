/** The name of the house, how it is connected, and the choice of light. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon, mark, type IconName } from '../design/icons.js'
import { currentTheme, setTheme, type Theme } from '../design/theme.js'
import type { Badge } from '../sharing/index.js'

const choices: readonly (readonly [Theme, IconName, string])[] = [
  ['light', 'sun', 'Light'],
  ['system', 'system', 'As the system'],
  ['dark', 'moon', 'Dark'],
]

export function topBar(badge: Badge | undefined, changed: () => void): TemplateResult {
  const theme = currentTheme()
  return html`<header class="top-bar">
    <span class="name">${mark(30)} Hearth</span>
    ${badge?.view() ?? nothing}
    <fieldset class="themes">
      <legend class="visually-hidden">Colours</legend>
      ${choices.map(
        ([value, iconName, label]) =>
          html`<label title=${label}>
            <input
              type="radio"
              name="theme"
              .checked=${value === theme}
              @change=${() => {
                setTheme(value)
                changed()
              }}
            />
            ${icon(iconName, 18)}<span class="visually-hidden">${label}</span>
          </label>`,
      )}
    </fieldset>
  </header>`
}
