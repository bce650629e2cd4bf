/** Opens the data plane, then keeps the page in step with it. */
import { html, render } from 'lit'
import { eachFrame } from '../../design/each-frame.js'
import { currentTheme, followTheme } from '../../design/theme.js'
import { Board } from './board.js'
import { listenToKeys } from './keyboard.js'
import { hearth } from './hearth.js'
import { page } from './page.js'

const root = document.querySelector<HTMLElement>('#app')!

try {
  await start()
} catch (error) {
  render(
    html`<main class="failure">
      <h1>Tasks could not start</h1>
      <p>${(error as Error).message}</p>
      <button class="button" @click=${() => location.reload()}>Try again</button>
    </main>`,
    root,
  )
}

async function start(): Promise<void> {
  const home = await hearth.open({
    app: {
      id: 'tasks',
      name: 'Tasks',
      icon: document.querySelector<HTMLLinkElement>('link[rel=icon]')!.href,
      url: '/apps/tasks/',
      opens: { todo: '/apps/tasks/#todo/{id}' },
    },
  })
  const changed = eachFrame(() => {
    document.title = `${board.title} – Tasks`
    render(page(board, currentTheme()), root)
  })
  const board = new Board(home, changed)
  readAddress(board)
  addEventListener('hashchange', () => readAddress(board))
  listenToKeys(board)
  sayRefusals(board)
  followTheme(changed, new AbortController().signal)
  changed()
  await board.loaded
}

/** What the data plane refuses at once (a text that is too long) throws in the handler of the gesture, and changes nothing. */
function sayRefusals(board: Board): void {
  const say = (error: unknown) => {
    if (error instanceof hearth.HearthError) board.say(error.message)
  }
  addEventListener('error', (event) => say(event.error))
  addEventListener('unhandledrejection', (event) => say(event.reason))
}

/** `#inbox`, `#today`, `#list/<id>`, `#space/<id>`, or `#todo/<id>`, by which other apps open one task. */
function readAddress(board: Board): void {
  const [kind, id] = location.hash.slice(1).split('/')
  if (kind === 'todo' && id) void board.loaded.then(() => board.reveal(decodeURIComponent(id)))
  else if (kind === 'list' && id) board.go({ list: decodeURIComponent(id) })
  else if (kind === 'space' && id) board.go({ space: decodeURIComponent(id) })
  else board.go(kind === 'today' ? 'today' : 'inbox')
}
