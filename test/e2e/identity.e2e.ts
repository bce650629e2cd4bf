/** Who is who, as people and apps meet it: on Hearth's own page, and in two tabs of apps. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Stage } from './stage.js'
import { virtualPasskeys } from './virtual-passkeys.js'

describe('an identity', () => {
  let stage: Stage
  let alpha: Page
  let beta: Page
  let shell: Page
  before(async () => {
    stage = await Stage.set()
    alpha = await stage.tab()
    beta = await stage.tab('/apps/beta/')
    shell = await stage.browser.newTab(`${stage.server.url}/`)
    await shell.waitForSelector('#you')
  })
  after(() => stage.end())

  it('is there at the first visit, and the same in every tab', async () => {
    const who = (page: Page) => page.evaluate(() => window.home.identity.value)
    const first = await who(alpha)
    assert.match(first.id, /^[\w-]{43}$/)
    assert.match(first.deviceName, /^Chrome on /)
    assert.deepEqual(await who(beta), first)
    assert.deepEqual(
      await alpha.evaluate(async () => {
        await window.home.devices.ready
        return window.home.devices.value.map(({ id, current, revoked }) => ({ id, current, revoked }))
      }),
      [{ id: first.deviceId, current: true, revoked: false }],
    )
  })

  it('has the name that a person types on Hearth’s page, in every tab', async () => {
    await shell.fill('#you input[name=displayName]', 'Olga')
    await shell.keyboard.press('Tab')
    for (const page of [alpha, beta]) {
      await page.evaluate(() => window.home.identity.value)
      await page.waitForFunction(() => window.home.identity.value.displayName === 'Olga')
    }
    const { id } = await alpha.evaluate(() => window.home.identity.value)
    await beta.evaluate((of) => window.home.profile(of).ready, id)
    assert.equal(await beta.evaluate((of) => window.home.profile(of).value.displayName, id), 'Olga')
  })

  it('shows its recovery words on Hearth’s page, when it is asked twice, and nowhere else', async () => {
    const code = await alpha.evaluate(() =>
      window.home.recoveryPhrase().then(
        () => 'shown',
        (e: { code: string }) => e.code,
      ),
    )
    assert.equal(code, 'halo/shell-only')
    await shell.click('text=Recovery words…')
    assert.equal(await shell.locator('#words li').count(), 0)
    await shell.click('text=I am alone: show them')
    await shell.waitForSelector('#words li')
    assert.equal(await shell.locator('#words li').count(), 24)
    await shell.click('#words >> text=Done')
    await shell.waitForFunction(() => document.querySelectorAll('#words li').length === 0)
  })

  it('has its words locked by a passkey, which shows them later, and nothing else does', async () => {
    const passkeys = await virtualPasskeys(shell)
    const asked = () => shell.click('text=Recovery words…')
    const words = () => shell.locator('#words li').allTextContents()
    await asked()
    await shell.click('#words >> text=I am alone: show them')
    await shell.waitForSelector('#words li')
    const shown = await words()
    await shell.click('#words >> text=Done')
    await asked()
    await shell.click('text=Lock them with a passkey…')
    await shell.waitForSelector('#words >> text=Done. The passkey shows the words')
    assert.equal((await passkeys.all()).length, 1)

    await shell.reload()
    await shell.waitForSelector('#you')
    await asked()
    await shell.click('text=Show them with the passkey')
    await shell.waitForSelector('#words li')
    assert.deepEqual(await words(), shown)
    await shell.click('#words >> text=Done')

    await passkeys.remove()
    await asked()
    await shell.click('text=Show them with the passkey')
    await shell.waitForSelector('#words [role=alert]')
    assert.match((await shell.textContent('#words [role=alert]'))!, /No passkey was used/)
    assert.deepEqual(await words(), [])
    await shell.click('#words >> text=Not now')
  })

  it('keeps what is its own from apps: they neither see it nor write it', async () => {
    const seen = await alpha.evaluate(async () => {
      const query = window.home.query('hearth/passkey')
      await query.ready
      const before = window.home.rejected.value.length
      window.home.space.add('hearth/passkey', { locked: 'mine' })
      await window.home.space.flush().catch(() => undefined)
      const { code } = window.home.rejected.value.at(-1)!
      await window.home.rejected.value.at(-1)!.discard()
      const asked = await (window.home as unknown as { call(of: string): Promise<unknown> })
        .call('passkeys')
        .catch((e: { code: string }) => e.code)
      return { shown: query.value.length, before, code, asked }
    })
    assert.deepEqual(seen, { shown: 0, before: 0, code: 'echo/invalid', asked: 'halo/shell-only' })
  })

  it('owns the spaces that it makes, names them for all tabs, and deletes them for all', async () => {
    const id = await alpha.evaluate(async () => {
      const space = await window.home.createSpace({ name: 'Kitchen' })
      await space.members.ready
      return space.id
    })
    assert.deepEqual(
      await alpha.evaluate((of) => {
        const { members, role } = window.home.getSpace(of)!
        return [role, members.value.map((member) => [member.displayName, member.role])]
      }, id),
      ['owner', [['Olga', 'owner']]],
    )
    await beta.waitForFunction((of) => window.home.getSpace(of)?.name === 'Kitchen', id)
    await beta.evaluate((of) => window.home.getSpace(of)!.rename('Pantry'), id)
    await alpha.waitForFunction((of) => window.home.getSpace(of)?.name === 'Pantry', id)

    const codes = await alpha.evaluate(async (of) => {
      const fails = (e: { code: string }) => e.code
      return [
        await window.home.leaveSpace(of).catch(fails),
        await window.home.leaveSpace(window.home.space.id).catch(fails),
        await window.home.revokeDevice(window.home.identity.value.deviceId).catch(fails),
        await window.home.getSpace(of)!.setRole('nobody', 'reader').catch(fails),
      ]
    }, id)
    assert.deepEqual(codes, [
      'halo/last-owner',
      'halo/personal-space',
      'halo/current-device',
      'halo/unknown-member',
    ])

    await alpha.evaluate(async (of) => {
      window.home.getSpace(of)!.add('jar', { of: 'honey' })
      await window.home.getSpace(of)!.flush()
    }, id)
    await beta.evaluate((of) => window.home.getSpace(of)!.delete(), id)
    await alpha.waitForFunction((of) => !window.home.getSpace(of), id)
    assert.deepEqual(
      await alpha.evaluate(async () => {
        const query = window.home.query('jar')
        await query.ready
        return query.value.length
      }),
      0,
    )
  })

  it('is the same after the browser was killed', async () => {
    const before = await alpha.evaluate(() => window.home.identity.value)
    await stage.browser.kill()
    await stage.browser.relaunch()
    const page = await stage.tab()
    const now = await page.evaluate(async () => {
      const { identity, spaces } = window.home
      return { identity: identity.value, spaces: spaces.value.map(({ name }) => name) }
    })
    assert.deepEqual(now, { identity: before, spaces: ['Personal'] })
  })
})
