/** The apps of this origin, as the server lists them. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../design/icons.js'

/** One element of `/hearth/apps.json`. */
export interface AppCard {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly icon?: string
  readonly description?: string
}

/** This page lies where the KUBE is, whose paths these are. */
const placed = (path: string) => path.slice(1)

export async function loadApps(): Promise<AppCard[]> {
  const answer = await fetch('hearth/apps.json')
  if (!answer.ok) throw new Error(`The list of apps is not there (${answer.status}).`)
  return (await answer.json()) as AppCard[]
}

export const appCards = (apps: readonly AppCard[] | undefined, failed: boolean): TemplateResult =>
  html`<section aria-labelledby="apps-title">
    <h2 id="apps-title">Apps</h2>
    ${failed ? html`<p class="quiet">The list of apps cannot be had right now. Reload to try again.</p>` : nothing}
    <ul class="apps">
      ${apps?.map(card)}
      <li class="invitation">
        <strong>${icon('add')} Add one of your own</strong>
        <p>A folder with an <code>index.html</code> is enough. Start the server with</p>
        <code class="command">npm start -- --app ./my-folder</code>
      </li>
    </ul>
  </section>`

const card = (app: AppCard) =>
  html`<li>
    <a class="app" href=${placed(app.url)}>
      ${
        app.icon
          ? html`<img src=${placed(app.icon)} alt="" width="48" height="48" />`
          : html`<span class="letter" aria-hidden="true">${[...app.name][0]?.toUpperCase()}</span>`
      }
      <span class="about">
        <strong>${app.name}</strong>
        <span>${app.description ?? app.url}</span>
      </span>
      ${icon('arrow')}
    </a>
  </li>`
