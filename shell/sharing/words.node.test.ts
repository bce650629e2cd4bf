import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digitsOf, grouped, invitationWords, linkWords, rolesFor, timeLeft } from './words.js'

describe('the words of sharing', () => {
  it('take a code as people write it, and show it as people say it', () => {
    assert.equal(digitsOf(' 123 456.'), '123456')
    assert.equal(digitsOf('Code: 1-2-3-4-5-6-7'), '123456')
    assert.equal(grouped('123456'), '123 456')
    assert.equal(grouped('1234'), '123 4')
    assert.equal(grouped('123'), '123')
  })
  it('tell time as it is looked at', () => {
    assert.equal(timeLeft(598_000), '9:58')
    assert.equal(timeLeft(-5), '0:00')
    assert.equal(timeLeft(3_600_000 * 3 + 61_000), '3 h 1 min')
    assert.equal(timeLeft(86_400_000 * 3), '3 days')
  })
  it('say who came, who tried in vain, and why it is over', () => {
    const state = { at: 'waiting', used: 0, uses: 3, wrong: 0, expiresAt: 0 } as const
    assert.equal(invitationWords(state, false), 'Waiting. Nobody has come yet.')
    assert.equal(
      invitationWords({ ...state, used: 2, wrong: 1 }, false),
      '2 people have come in of 3. Waiting for more. 1 wrong code so far.',
    )
    assert.equal(invitationWords({ ...state, at: 'done', used: 1 }, true), '1 device has come in.')
    assert.equal(
      invitationWords({ ...state, at: 'done', used: 1, wrong: 2 }, false),
      '1 person has come in. 2 wrong codes were tried.',
    )
  })
  it('tell who this device is connected with, by what way, and how far away that is', () => {
    assert.equal(linkWords([]), 'None')
    assert.equal(linkWords([{ kind: 'direct' }]), '1')
    assert.equal(linkWords([{ kind: 'direct', rttMs: 12 }]), '1; there and back in 12 ms')
    assert.equal(
      linkWords([{ kind: 'relayed', rttMs: 0 }]),
      '1, through the server; there and back in less than 1 ms',
    )
    assert.equal(
      linkWords([{ kind: 'relayed', rttMs: 80 }, { kind: 'direct', rttMs: 9 }, { kind: 'direct' }]),
      '3, 1 of them through the server; there and back in 9 to 80 ms',
    )
  })
  it('offer the roles that somebody may give, and none to whom one may not touch', () => {
    assert.deepEqual(rolesFor('owner', 'editor'), ['reader', 'editor', 'admin', 'owner'])
    assert.deepEqual(rolesFor('admin', 'editor'), ['reader', 'editor', 'admin'])
    assert.deepEqual(rolesFor('admin', 'owner'), [])
    assert.deepEqual(rolesFor('editor', 'reader'), [])
  })
})
