/**
 * What the popover of the Hearth button says: how things are saved, and that a new release is ready. In the button's
 * shadow root, as the button itself is: no page's styles reach it. Loaded when there is something to say.
 */
import type { open } from '../client/index.js'
import { takeUpdate, watchUpdates, type UpdateState } from './offline/update.js'
import { updateWords } from './offline/words.js'

type Home = Awaited<ReturnType<typeof open>>

const css = `div{bottom:60px;width:208px;padding:12px 16px;border-radius:12px}
p{margin:0 0 4px}
a{color:var(--e)}
[data-update]:after{background:var(--e);opacity:1}
section{margin:0 0 10px;padding:0 0 12px;border-bottom:1px solid #9874}
section p{margin:0 0 8px}
section button{all:unset;box-sizing:border-box;display:block;width:100%;padding:6px 12px;border-radius:8px;text-align:center;font:600 14px/1.5 system-ui;cursor:pointer;background:light-dark(#b4471a,#f2935c);color:light-dark(#fff,#24140b)}
section button:hover{background:light-dark(#963811,#ffab7a)}
section button:disabled{opacity:.6;cursor:default}
section button:focus-visible{outline:2px solid var(--e);outline-offset:2px}`

const rootOf = () => document.querySelector('hearth-button')?.shadowRoot

/** Fills the popover and keeps it true; once for each button. */
export function fillPopover(home: Home): void {
  const root = rootOf()
  const popover = root?.querySelector('div')
  if (!root || !popover || popover.role) return
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets.push(sheet)
  popover.role = 'dialog'
  popover.ariaLabel = 'Hearth'
  const says = document.createElement('p')
  says.role = 'status'
  popover.prepend(says)
  // This file lies in the folder `hearth` of the KUBE, which may be on a path of its origin. To a page of another one, it is not this home's.
  const kube = new URL('..', import.meta.url)
  if (kube.origin === location.origin) popover.querySelector('a')!.href = kube.pathname
  const show = () => {
    says.textContent = stateInWords(home)
  }
  home.status.subscribe(show)
  home.rejected.subscribe(show)
}

function stateInWords({ identity, status, rejected }: Home): string {
  const { damage, forks, unsaved, worker } = status.value
  const refused = rejected.value.length
  if (status.error) return status.error.message
  if (worker.silent) return 'The data plane does not answer just now. What you change here is not saved yet.'
  if (refused) return `Changes that could not be saved: ${refused}.`
  if (damage.length) return 'Some data on this device cannot be read.'
  if (forks.some(({ device }) => device === identity.value.deviceId))
    return 'This device exists twice. It becomes one of its own when it is opened again.'
  return unsaved ? 'Saving…' : 'Everything is saved on this device.'
}

/** Shows a new release as soon as there is one, for as long as the page lives; a dot on the button leads to it. */
export const watchForNotice = (home: Home): Promise<void> =>
  watchUpdates((state) => {
    const root = rootOf()
    if (root) showNotice(root, home, state)
  })

function showNotice(root: ShadowRoot, home: Home, state: UpdateState): void {
  fillPopover(home)
  const button = root.querySelector('button')!
  if (!root.querySelector('section')) root.querySelector('div')!.prepend(document.createElement('section'))
  button.dataset['update'] = state
  button.ariaLabel = 'Hearth: a new version is ready'
  const text = document.createElement('p')
  text.role = 'status'
  const act = document.createElement('button')
  act.textContent = 'Reload'
  root.querySelector('section')!.replaceChildren(text, act)
  text.textContent = updateWords[state]
  act.onclick = () => {
    act.disabled = true
    act.textContent = 'Saving…'
    takeUpdate(home).catch((error: Error) => {
      text.textContent = error.message
      act.disabled = false
      act.textContent = 'Try again'
    })
  }
}
