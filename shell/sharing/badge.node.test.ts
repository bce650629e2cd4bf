import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { standingOf } from './badge.js'

describe('the badge', () => {
  const alone = { online: true, kube: 'none', peers: 0, links: [], sync: { pending: 0, spaces: [] } } as const
  const link = { device: 'd' as never, kind: 'relayed' } as const
  const met = { ...alone, kube: 'connected', peers: 1, links: [link] } as const
  it('says that everything is only here until something is shared, network or not', () => {
    assert.equal(standingOf(alone), 'only-here')
    assert.equal(standingOf({ ...alone, online: false }), 'only-here')
  })
  it('says how others are reached, and what is on its way to them', () => {
    assert.equal(standingOf({ ...alone, kube: 'connected' }), 'connected')
    assert.equal(standingOf(met), 'relayed')
    assert.equal(standingOf({ ...met, links: [{ ...link, kind: 'direct' }] }), 'direct')
    assert.equal(standingOf({ ...met, kube: 'away', links: [{ ...link, kind: 'direct' }] }), 'direct')
    assert.equal(standingOf({ ...met, sync: { pending: 2, spaces: [] } }), 'syncing')
  })
  it('says that nobody is reached when there is no network, or no server', () => {
    assert.equal(standingOf({ ...alone, kube: 'away' }), 'offline')
    assert.equal(standingOf({ ...alone, kube: 'connected', online: false }), 'offline')
  })
  it('says of a space in which nobody else is whether a server keeps it, whoever else is connected', () => {
    const url = 'https://kube.example'
    const kept = { hosts: [{ url, state: 'kept' }], isAlone: true } as const
    assert.equal(standingOf({ ...alone, kube: 'connected' }, kept), 'kept')
    assert.equal(standingOf(met, kept), 'kept')
    assert.equal(standingOf(met, { ...kept, hosts: [{ url, state: 'syncing' }] }), 'syncing')
    assert.equal(standingOf({ ...alone, kube: 'away' }, kept), 'offline')
    assert.equal(standingOf(met, { ...kept, hosts: [{ url, state: 'away' }] }), 'offline')
    assert.equal(standingOf(met, { hosts: [], isAlone: true }), 'only-here')
    assert.equal(
      standingOf(met, { ...kept, hosts: [{ url, state: 'refused', code: 'mesh/host-full' }] }),
      'only-here',
    )
  })
  it('says that a server keeps what others share in while none of them is there', () => {
    const hosts = [{ url: 'https://kube.example', state: 'kept' }] as const
    assert.equal(standingOf({ ...alone, kube: 'connected' }, { hosts, isAlone: false }), 'kept')
    assert.equal(standingOf(met, { hosts, isAlone: false }), 'relayed')
  })
})
