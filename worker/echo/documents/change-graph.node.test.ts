import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ChangeGraph, type Node } from './change-graph.js'

test('the past of a change is what it depends on, step by step, and nothing beside it', () => {
  const steps = fc.array(
    fc.record({
      actor: fc.nat(3),
      deps: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      ops: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  fc.assert(
    fc.property(steps, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (made, asked) => {
      const graph = new ChangeGraph()
      const nodes: Node[] = [{ hash: 'first', actor: 'creation', seq: 1, startOp: 1, maxOp: 3, deps: [] }]
      const latest = new Map<string, Node>()
      for (const [i, { actor, deps, ops }] of made.entries()) {
        const own = latest.get(`${actor}`)
        const before = [...new Set([...deps.map((n) => nodes[n % nodes.length]!), ...(own ? [own] : [])])]
        const startOp = 1 + Math.max(...before.map(({ maxOp }) => maxOp))
        const node: Node = {
          hash: `${i}`,
          actor: `${actor}`,
          seq: (own?.seq ?? 0) + 1,
          startOp,
          maxOp: startOp + ops - 1,
          deps: before.map(({ hash }) => hash),
        }
        nodes.push(node)
        latest.set(node.actor, node)
      }
      for (const node of nodes) graph.add(node)
      const deps = asked.map((n) => nodes[n % nodes.length]!.hash)
      const past = graph.past(deps)
      const within = new Set<string>()
      const follow = (hash: string): void => {
        if (within.has(hash)) return
        within.add(hash)
        graph.get(hash)!.deps.forEach(follow)
      }
      deps.forEach(follow)
      for (const { hash, actor, startOp, maxOp } of nodes) {
        assert.equal(past.has(actor, startOp), within.has(hash))
        assert.equal(past.has(actor, maxOp), within.has(hash))
        assert.equal(graph.holder(`${maxOp}@${actor}`)?.hash, hash)
      }
      assert.equal(past.has('nobody', 1), false)
      assert.equal(past.has('creation', 4), false)
    }),
    { numRuns: 2000 },
  )
})
