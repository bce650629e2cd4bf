/** The spaces of this device, with how many objects each has. */
import { html, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { spaceName } from '../sharing/index.js'

type Space = Home['space']

/** Follows the number of objects in each space, for as long as the page lives. */
export class SpaceCounts {
  readonly #counts = new Map<string, number>()

  constructor(
    readonly home: Home,
    changed: () => void,
  ) {
    home.spaces.subscribe((spaces) => {
      for (const space of spaces) this.#follow(space, changed)
      changed()
    })
  }

  /** Whether anything was written here, or made. */
  get hasAny(): boolean {
    return this.#counts.size > 1 || [...this.#counts.values()].some((count) => count > 0)
  }

  of(space: Space): number | undefined {
    return this.#counts.get(space.id)
  }

  #follow(space: Space, changed: () => void): void {
    if (this.#counts.has(space.id)) return
    this.#counts.set(space.id, 0)
    // Of a query without objects, only the number crosses to this tab.
    space
      .query()
      .limit(0)
      .count.subscribe((count) => {
        this.#counts.set(space.id, count)
        changed()
      })
  }
}

export function spacesPanel(counts: SpaceCounts): TemplateResult {
  const spaces = counts.home.spaces.value
  return html`<article class="panel">
    <h3>Spaces</h3>
    <p class="figure">${spaces.length} <small>${spaces.length === 1 ? 'space' : 'spaces'}</small></p>
    <ul class="rows">
      ${spaces.map(
        (space) =>
          html`<li>
            <span>${space === counts.home.space ? 'Personal' : spaceName(space)}</span>
            <span>${objects(counts.of(space) ?? 0)}</span>
          </li>`,
      )}
    </ul>
  </article>`
}

const objects = (count: number) =>
  `${new Intl.NumberFormat().format(count)} ${count === 1 ? 'object' : 'objects'}`
