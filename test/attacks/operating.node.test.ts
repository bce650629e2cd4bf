/** What is tried at a KUBE by who is not to have what it keeps for whoever runs it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { get, makeFixture } from '../../kube/testing/fixture.js'

describe('a KUBE', () => {
  it('shows what it counts to this machine, and to nobody who comes through a proxy or by another name', async () => {
    await using fixture = await makeFixture()
    const server = await fixture.serve()
    assert.equal((await get(server, '/metrics')).status, 200)
    for (const headers of [
      { 'X-Forwarded-For': '203.0.113.7' },
      { Forwarded: 'for=203.0.113.7' },
      { 'X-Real-IP': '203.0.113.7' },
      { Via: '1.1 proxy' },
      { Host: 'kube.example' },
      { Host: 'localhost.evil.example' },
    ] as Record<string, string>[]) {
      const { status, body } = await get(server, '/metrics', headers)
      const { code } = JSON.parse(body.toString()) as { code: string }
      assert.deepEqual([status, code], [403, 'kube/metrics-private'], JSON.stringify(headers))
    }
  })
})
