/** The words that give everything back: shown to somebody who was told what they are, and locked by passkeys if they like, which do the same. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Passkey } from '../../worker/protocol/session-api.js'
import { MAX_PASSKEYS } from '../../worker/protocol/wire.js'
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

/** What a passkey does beyond that, as far as it does. */
const bringsBack = (home: Home): string =>
  home.space.hosts.value.length === 0
    ? 'Once you switch on “Keep my data safe”, it also brings everything back on a new one.'
    : `It also brings everything back on a new one, at this site only (${location.hostname}): under “Get everything back”, touch it in place of the words.`

const dialog = () => document.querySelector<HTMLDialogElement>('#words')!

const leading = () => passkeys.filter(({ leads }) => leads).length

function passkeyWords(): string {
  if (passkeys.length === 0)
    return 'A passkey can lock them, too: your fingerprint or face then shows them, and does what they do on a new device.'
  const many = leading()
  if (many === 0)
    return 'A passkey of yours shows them, and nothing else: it was made by an earlier Hearth. Another one would bring everything back on a new device, as they do.'
  return many === 1
    ? 'They are also locked under a passkey of yours, which brings everything back as they do.'
    : `They are also locked under ${many} passkeys of yours, which bring everything back as they do.`
}

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
      // A device that does not have the words could not lock them, and the passkey would be there.
      await home.recoveryPhrase()
      const { displayName, deviceName } = home.identity.value
      const { credential, salt, answer } = await makePasskey(displayName || deviceName || 'Hearth')
      await home.call('lockWords', { credential, salt }, answer)
      passkeys = await home.call('passkeys')
      said = `Done. The passkey shows the words on each of your devices. ${bringsBack(home)}`
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
        ? html`<div class="passkey">
            <p>${passkeyWords()}</p>
            <span class="acts">
              ${passkeys.length > 0 && !words ? button('Show them with the passkey', unlock) : nothing}
              ${
                leading() < MAX_PASSKEYS
                  ? button(
                      passkeys.length > 0 ? 'Lock them with another…' : 'Lock them with a passkey…',
                      lock,
                    )
                  : nothing
              }
            </span>
          </div>`
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
