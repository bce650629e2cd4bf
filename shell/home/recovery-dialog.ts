/** The words that give everything back: shown to somebody who was told what they are, and locked by a passkey if they like. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Passkey } from '../../worker/protocol/rpc.js'
import type { Home } from '../home.js'
import { makePasskey, mayHavePasskeys, usePasskey } from './passkey.js'

/** The words while they are shown, and nowhere else. */
let words: readonly string[] | undefined
let passkeys: readonly Passkey[] = []
let problem = ''
let said = ''

function keptWords(home: Home): string {
  const { value: hosts } = home.space.hosts
  if (hosts.length === 0)
    return 'None does so yet: switch on “Keep my data safe”, or what you write is on your devices only, and on those of whom you share it with.'
  return `${hosts.map(({ url }) => url).join(' and ')} does: write its address down as well.`
}

const dialog = () => document.querySelector<HTMLDialogElement>('#words')!

export async function openRecovery(home: Home, changed: () => void): Promise<void> {
  dialog().showModal()
  passkeys = await home.call('passkeys').catch(() => [])
  changed()
}

export function recoveryDialog(home: Home, changed: () => void): TemplateResult {
  const tried = async (run: () => Promise<void>) => {
    problem = said = ''
    await run().catch((error: Error) => (problem = error.message))
    changed()
  }
  const show = () => tried(async () => void (words = (await home.recoveryPhrase()).split(' ')))
  const unlock = () =>
    tried(async () => {
      const { credential, answer } = await usePasskey(passkeys)
      words = (await home.call('unlockWords', credential, answer)).split(' ')
    })
  const lock = () =>
    tried(async () => {
      const { displayName, deviceName } = home.identity.value
      const { credential, salt, answer } = await makePasskey(displayName || deviceName || 'Hearth')
      await home.call('lockWords', { credential, salt }, answer)
      passkeys = await home.call('passkeys')
      said = 'Done. The passkey shows the words on each of your devices.'
    })
  const hide = () => {
    words = undefined
    problem = said = ''
    changed()
  }
  const button = (text: string, run: () => void) =>
    html`<button class="button" type="button" @click=${run}>${text}</button>`
  return html`<dialog id="words" aria-labelledby="words-title" closedby="any" @close=${hide}>
    <h2 id="words-title">Your recovery words</h2>
    <p>
      These 24 words give this identity back if you lose every device, and your data with it, from a server
      that keeps your spaces. ${keptWords(home)} Whoever has the words can be you, so write them on paper,
      show them to nobody, and do not photograph them.
    </p>
    ${
      words
        ? html`<ol class="words">
            ${words.map((word) => html`<li>${word}</li>`)}
          </ol>`
        : nothing
    }
    ${
      mayHavePasskeys()
        ? html`<p class="passkey">
            ${
              passkeys.length > 0
                ? 'They are also locked under a passkey of yours.'
                : 'A passkey can lock them, too, so that your fingerprint or face shows them.'
            }
            ${
              passkeys.length === 0
                ? button('Lock them with a passkey…', lock)
                : words
                  ? nothing
                  : button('Show them with the passkey', unlock)
            }
          </p>`
        : nothing
    }
    ${said ? html`<p role="status">${said}</p>` : nothing}
    ${problem ? html`<p role="alert">${problem}</p>` : nothing}
    <form method="dialog">
      ${
        words
          ? html`<button class="button" data-kind="primary">Done</button>`
          : html`<button class="button" autofocus>Not now</button>
              <button class="button" data-kind="primary" type="button" @click=${show}>
                I am alone: show them
              </button>`
      }
    </form>
  </dialog>`
}
