/** The spaces of this device, with how many objects each has. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../design/icons.js'
import type { Home } from '../home.js'
import { spaceName, spaceText } from '../sharing/index.js'
import { openHistory } from './history-dialog.js'
import type { SpaceFiles } from './space-files.js'

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

export function spacesPanel(counts: SpaceCounts, files: SpaceFiles): TemplateResult {
  const { home } = counts
  const spaces = home.spaces.value
  return html`<article class="panel spaces">
    <h3>Spaces</h3>
    <p class="figure">${spaces.length} <small>${spaces.length === 1 ? 'space' : 'spaces'}</small></p>
    <ul class="rows">
      ${spaces.map((space) => {
        const name = space === home.space ? 'Personal' : spaceText(space)
        const shown = space === home.space ? name : spaceName(space)
        return html`<li>
          <span>${shown}</span>
          <span class="acts">
            <span>${objects(counts.of(space) ?? 0)}</span>
            <button
              class="icon-button"
              aria-label="History of ${name}…"
              title="History…"
              @click=${() => openHistory(space, shown)}
            >
              ${icon('history', 18)}
            </button>
            <button
              class="icon-button"
              aria-label="Save ${name} to a file"
              title="Save to a file"
              ?disabled=${files.isBusy}
              @click=${() => files.save(space)}
            >
              ${icon('save', 18)}
            </button>
          </span>
        </li>`
      })}
    </ul>
    <label class="button" data-disabled=${files.isBusy}>
      ${icon('inbox', 18)} Open a file…
      <input
        class="visually-hidden"
        type="file"
        accept=".hearth"
        ?disabled=${files.isBusy}
        @change=${({ target }: Event) => open(files, target as HTMLInputElement)}
      />
    </label>
    <p class="state" role="status">${files.said}</p>
    ${files.problem ? html`<p class="problem" role="alert">${icon('alert', 18)}<span>${files.problem}</span></p>` : nothing}
  </article>`
}

function open(files: SpaceFiles, input: HTMLInputElement): void {
  const [file] = input.files ?? []
  if (file) void files.open(file)
  // The same one may be chosen again.
  input.value = ''
}

const objects = (count: number) =>
  `${new Intl.NumberFormat().format(count)} ${count === 1 ? 'object' : 'objects'}`
