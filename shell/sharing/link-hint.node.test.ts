import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeLink } from '../../worker/mesh/invitations/link.js'
import { hintOf, linkIn } from './link-hint.js'

const link = (to: 'space' | 'device', hasCode: boolean) =>
  makeLink({
    ...{ to, hasCode, id: new Uint8Array(16).fill(7), secret: new Uint8Array(32).fill(251) },
    ...{ fingerprint: new Uint8Array(16).fill(9), kubes: ['https://kube.example'] },
  })

describe('what a link seems to be', () => {
  it('is what the worker has made of it: a space or a device, with a code or without', () => {
    for (const to of ['space', 'device'] as const)
      for (const hasCode of [true, false]) assert.deepEqual(hintOf(link(to, hasCode)), { to, hasCode })
  })
  it('is nothing of what is no link, is cut off, or is of another version', () => {
    const whole = link('space', true)
    const newer = whole.replace(/#join=..../, '#join=hwIA')
    for (const text of ['', 'https://kube.example/', '#join=', '#join=???', whole.slice(0, 60), newer])
      assert.equal(hintOf(text), undefined, text)
  })
  it('is found in the message that it came in', () => {
    const whole = link('space', true)
    assert.equal(linkIn(`Come in: ${whole} See you!`), whole)
    assert.equal(linkIn(' something else '), 'something else')
  })
})
