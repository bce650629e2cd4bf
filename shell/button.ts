/**
 * The Hearth button: small, in the corner, in a shadow root so that no page's styles reach it and it reaches none.
 * Its popover opens and closes by the browser's own rules (Escape, a click elsewhere), without code of ours; what it says,
 * and how that looks, is loaded when it is opened (`popover.ts`).
 */
import type { open } from '../client/index.js'

type Home = Awaited<ReturnType<typeof open>>

const markup = `<button popovertarget=p aria-label=Hearth><svg viewBox="0 0 24 24" aria-hidden=true><path d="M12 3c1 4 6 6 6 12a6 6 0 0 1-12 0c0-3 1-5 3-6 0 2 1 2 2 3-1-3 0-7 1-9z"/></svg></button><div id=p popover><a href=/>Open Hearth</a></div>`

// Of the page it inherits the colour scheme and nothing else: light on a page that knows no dark.
const css = `:host{all:initial;color-scheme:inherit;--e:light-dark(#b4471a,#f2935c)}
button,div{position:fixed;inset:auto 12px 12px auto;border:1px solid #9876;color:CanvasText;background:light-dark(#fffdfa,#2a241f);box-shadow:0 2px 8px #0002;font:14px/1.5 system-ui}
button{width:40px;height:40px;padding:8px;border-radius:50%;cursor:pointer;z-index:2147483000}
svg{display:block;fill:var(--e)}
button:after{content:"";position:absolute;top:0;right:0;width:9px;height:9px;border-radius:50%;opacity:0;transition:opacity .3s}
[data-state=saving]:after{background:#c98a00;opacity:1;transition-delay:.5s}
[data-state=problem]:after{background:#c62b33;opacity:1}
:focus-visible{outline:2px solid var(--e);outline-offset:2px}`

let shown: Home | undefined
let host: Element | undefined

/**
 * Adds the button to the page; once for each home, as `open()` may be called again.
 * @param fill puts words into the popover, when it is opened
 */
export function mountButton(home: Home, fill: () => unknown): void {
  if (shown === home) return
  shown = home
  host?.remove()
  host = document.createElement('hearth-button')
  const root = host.attachShadow({ mode: 'open' })
  // A constructed sheet, since a page's policy may forbid style elements.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets = [sheet]
  root.innerHTML = markup
  root.querySelector('div')!.onbeforetoggle = fill
  const { dataset } = root.querySelector('button')!
  const show = () => {
    const { damage, unsaved } = home.status.value
    const problem = home.status.error || home.rejected.value.length || damage.length
    dataset['state'] = problem ? 'problem' : unsaved ? 'saving' : 'saved'
  }
  home.status.subscribe(show)
  home.rejected.subscribe(show)
  document.documentElement.append(host)
}
