/** What there is when a tab is not live in time: for whoever looks for the cause, once it is over. */
import { within } from '../e2e/wait.js'
import type { Arena } from './arena.js'
import type { Tab } from './tab.js'

/** Longest wait for a page that may not answer, in milliseconds. */
const ANSWER_MS = 3_000

/** The worker that the browser has, the one that each open tab believes to have, and the locks by which they go. */
export async function witness(arena: Arena): Promise<string[]> {
  const open = arena.tabs.filter(({ isOpen }) => isOpen)
  const worker = await arena.engine.worker().catch(String)
  return [
    `the browser has worker ${worker}; ${open.length} of ${arena.tabs.length} tabs are open`,
    ...(await Promise.all(open.map(viewOf))),
  ]
}

async function viewOf(tab: Tab): Promise<string> {
  const look = tab.page.evaluate(async () => {
    const { held = [], pending = [] } = await navigator.locks.query()
    const named = (locks: LockInfo[]) =>
      locks.map(
        ({ name = '', mode, clientId = '' }) => `${name.slice(7, 20)} ${mode} ${clientId.slice(0, 4)}`,
      )
    return `${window.agent?.instance()}; held: ${named(held).join(', ')}; pending: ${named(pending).join(', ')}`
  })
  const seen = await within('it', look, ANSWER_MS).catch((e: Error) => e.message)
  return `tab ${tab.number} has ${seen}`
}
