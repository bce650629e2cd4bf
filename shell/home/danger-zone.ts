/** Leaving: everything of Hearth is removed from this browser, after it was said what that means. */
import { html, type TemplateResult } from 'lit'
import type { Home } from '../home.js'

export function dangerZone(home: Home): TemplateResult {
  const dialog = () => document.querySelector<HTMLDialogElement>('#erase')!
  const erase = async () => {
    await home.erase()
    location.reload()
  }
  return html`<footer>
    <button class="button" data-kind="quiet" @click=${() => dialog().showModal()}>
      Erase everything here…
    </button>
    <dialog id="erase" aria-labelledby="erase-title" closedby="any">
      <h2 id="erase-title">Erase everything on this device?</h2>
      <p>
        All spaces and objects of all apps of this site are removed from this browser.
        ${
          home.status.value.kube === 'none'
            ? 'They are nowhere else, so nobody can bring them back.'
            : home.space.hosts.value.some(({ recovers }) => recovers)
              ? 'What has come to other devices, and what your server keeps, stays there: your recovery words bring that back. Write them down first.'
              : 'What has come to other devices, of yours or of people you share with, stays there. Nobody can bring back the rest.'
        }
      </p>
      <form method="dialog">
        <button class="button" autofocus>Keep everything</button>
        <button class="button" data-kind="danger" @click=${erase}>Erase</button>
      </form>
    </dialog>
  </footer>`
}
