/** Removals of which nobody had heard of the others, in every order in which they may reach a replica. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Action, LogEntry } from '../../worker/halo/membership/actions.js'
import { kitchen, without } from '../simulation/membership/kitchen.js'
import { addDevice, admit, remove, revoke, rolesIn, setRole, tell } from '../simulation/membership/scribe.js'

type Act = readonly [author: string, action: Action]

const cases: [what: string, acts: Act[], roles: Record<string, string>][] = [
  [
    'the highest rank decides, and what falls with its author had not happened',
    [
      ['anna/1', remove('ed')],
      ['adam/1', remove('anna')],
      ['olga/1', remove('adam')],
      ['ed/1', addDevice('ed/2')],
    ],
    without('adam', 'ed'),
  ],
  [
    'who is demoted meanwhile ends nobody and gives no role',
    [
      ['adam/1', remove('anna')],
      ['anna/1', remove('rita')],
      ['anna/1', admit('zoe', 'reader')],
      ['olga/1', setRole('adam', 'editor')],
      ['adam/1', setRole('ed', 'admin')],
    ],
    { ...without('rita'), adam: 'editor', zoe: 'reader' },
  ],
  [
    'who is removed by lower rank and promoted by higher rank stays',
    [
      ['adam/1', remove('ed')],
      ['anna/1', revoke('ed/1')],
      ['olga/1', setRole('ed', 'admin')],
    ],
    { ...without(), ed: 'admin' },
  ],
  [
    'what the owner gives holds beside what an admin gives',
    [
      ['olga/1', setRole('rita', 'admin')],
      ['adam/1', setRole('rita', 'editor')],
    ],
    { ...without(), rita: 'admin' },
  ],
  [
    'a device and its member are ended at the same time',
    [
      ['adam/1', revoke('ed/1')],
      ['anna/1', remove('ed')],
      ['ed/1', addDevice('ed/2')],
      ['rita/1', remove('rita')],
    ],
    without('ed', 'rita'),
  ],
]

describe('concurrent removals', () => {
  for (const [what, acts, roles] of cases)
    it(`come to one state in every order: ${what}`, () => {
      for (const salt of ['1', '2', '3', '4']) {
        const { scribe, top } = kitchen(salt)
        const common = [...scribe.entries]
        const entries = acts.map(([author, action]) => scribe.write(author, action, [top]))
        const states = orders(entries).map((order) => scribe.read([...common, ...order]))
        assert.deepEqual(rolesIn(states[0]!), roles)
        assert.deepEqual([...new Set(states.map(tell))], [tell(states[0]!)])
      }
    })
})

describe('a removal by an owner of today', () => {
  it('decides over what an admin of old gives at the same time', () => {
    const { scribe } = kitchen()
    const top = scribe.write('olga/1', setRole('rita', 'owner'))
    scribe.write('adam/1', setRole('ed', 'admin'), [top])
    scribe.write('rita/1', remove('ed'), [top])
    assert.deepEqual(rolesIn(scribe.read()), { ...without('ed'), rita: 'owner' })
  })
})

describe('an equivocation', () => {
  it('that shows different roles to different people comes to the lower one for all', () => {
    for (const salt of ['1', '2', '3', '4', '5', '6', '7', '8']) {
      const { scribe, top } = kitchen(salt)
      const entries = (['owner', 'admin'] as const).map((role) =>
        scribe.write('olga/1', setRole('ed', role), [top]),
      )
      const common = scribe.entries.slice(0, -2)
      const states = orders(entries).map((order) => scribe.read([...common, ...order]))
      assert.deepEqual(
        states.map((state) => rolesIn(state)['ed']),
        ['admin', 'admin'],
      )
    }
  })
})

/** All orders; none of the entries builds on another. */
function orders(entries: readonly LogEntry[]): LogEntry[][] {
  if (entries.length === 0) return [[]]
  return entries.flatMap((entry) =>
    orders(entries.filter((other) => other !== entry)).map((rest) => [entry, ...rest]),
  )
}
