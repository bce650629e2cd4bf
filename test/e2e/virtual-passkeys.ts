/** Passkeys that a page's browser has, with nobody's finger. They stay with the tab, whatever is cleared of the site. */
import type { Page } from 'playwright-core'

interface VirtualPasskeys {
  all(): Promise<readonly unknown[]>
  remove(): Promise<void>
}

export async function virtualPasskeys(page: Page): Promise<VirtualPasskeys> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasPrf: true },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    },
  })
  return {
    all: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    remove: async () => void (await cdp.send('WebAuthn.clearCredentials', { authenticatorId })),
  }
}
