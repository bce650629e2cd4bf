/**
 * The shell's first page: which apps are here, and how the data plane on this device is. Figures come from the same
 * public API that every app has; the list of apps comes from the server.
 */
import { html, nothing, render, type TemplateResult } from 'lit'
import type * as Hearth from '../client/index.js'
import { eachFrame } from './design/each-frame.js'
import { appCards, loadApps, type AppCard } from './home/app-cards.js'
import { dangerZone } from './home/danger-zone.js'
import { dataPlane } from './home/data-plane.js'
import { problems } from './home/problems.js'
import { Safety, safetyPanel } from './home/safety-panel.js'
import { sharedPanel } from './home/shared-panel.js'
import { SpaceFiles } from './home/space-files.js'
import { spacesPanel, SpaceCounts } from './home/spaces-panel.js'
import { storagePanel } from './home/storage-panel.js'
import { topBar } from './home/top-bar.js'
import { Updates } from './home/update-notice.js'
import { youPanel } from './home/you-panel.js'
import { followTheme } from './design/theme.js'
import { Badge, followSpaces, openJoin, takeLink } from './sharing/index.js'

declare const hearth: typeof Hearth
export type Home = Awaited<ReturnType<typeof Hearth.open>>

const root = document.querySelector<HTMLElement>('#shell')!
let apps: readonly AppCard[] | undefined
let appsFailed = false
let home: Home | undefined
let failure: Error | undefined
let counts: SpaceCounts | undefined
let files: SpaceFiles | undefined
let safety: Safety | undefined
let badge: Badge | undefined
/** Before anything else: what is secret of it is not to stay in the address bar. */
let link = takeLink()

const changed = eachFrame(() => render(page(), root))
const updates = new Updates(changed)

function page(): TemplateResult {
  return html`
    ${topBar(badge, changed)}
    <main>
      <div class="welcome">
        <h1>Everything your apps know, at&nbsp;home on this device.</h1>
        <p>
          One place keeps it for every app and every tab. No account, no server of theirs, and nothing leaves
          this device unless you share it.
        </p>
      </div>
      ${home ? [updates.notice(home), problems(home)] : nothing} ${appCards(apps, appsFailed)}
      ${home ? sharedPanel(home, follow) : nothing}
      ${safety ? safetyPanel(safety, () => !!counts?.hasAny) : nothing}
      <section aria-labelledby="device-title">
        <h2 id="device-title">This device</h2>
        ${
          home && counts && files
            ? html`<div class="panels">
                ${youPanel(home, changed)} ${storagePanel(home.status.value)} ${spacesPanel(counts, files)}
                ${dataPlane(home, changed)}
              </div>`
            : failure
              ? html`<div class="notice" role="alert"><p>${failure.message}</p></div>`
              : html`<p class="quiet" aria-busy="true">Opening…</p>`
        }
      </section>
      ${home ? dangerZone(home) : nothing}
    </main>
  `
}

async function openHome(): Promise<void> {
  try {
    home = await hearth.open({ app: 'Hearth', shell: false, isShell: true })
    counts = new SpaceCounts(home, changed)
    files = new SpaceFiles(home, changed)
    safety = new Safety(home, changed)
    badge = new Badge(home, changed)
    followSpaces(home, changed)
    home.status.subscribe(changed)
    home.identity.subscribe(changed)
    home.devices.subscribe(changed)
    home.rejected.subscribe(changed)
    if (link) follow(link)
    link = undefined
  } catch (error) {
    failure = error as Error
  }
  changed()
}

/** Asks for an invitation, or follows this one. */
function follow(invitation?: string): void {
  if (home) openJoin(home, { ...(invitation && { link: invitation }), apps: () => apps ?? [] })
}

async function openApps(): Promise<void> {
  try {
    apps = await loadApps()
  } catch {
    appsFailed = true
  }
  changed()
}

// An invitation that is opened where this page is already shown.
addEventListener('hashchange', () => {
  const invitation = takeLink()
  if (invitation) follow(invitation)
})
followTheme(changed, new AbortController().signal)
changed()
await Promise.all([openHome(), openApps()])
