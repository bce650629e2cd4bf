/**
 * What a device costs a KUBE that is connected, known, and at a topic with another one, and says no more than that it is there: what the server takes more
 * of the memory than before they came, when it has been quiet for a while, and nobody has collected garbage for it. The floor: WebSockets of a bare relay.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { BareRelayProcess } from '../../load/bare-pair.js'
import { Crowd } from '../../load/crowd.js'
import { residentOf } from '../../load/memory.js'
import { withKube } from '../kube.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const DEVICES = 10_000
/** Of those who have a session with the KUBE, as those do whose spaces it keeps: to make one takes this machine some 10 ms. */
const SESSIONS = 2_000
const BUDGET_KB = 40
/** More than twice as long as devices may say nothing. */
const SETTLE_MS = 25_000
const FIRST_MS = 2_000

export async function kubeIdle(run: Run): Promise<void> {
  const devices = run.quick ? DEVICES / 5 : DEVICES
  const row: RowSpec = {
    metric: `kube-idle, each of ${devices.toLocaleString('en')} devices`,
    unit: 'kB',
    budget: { of: 'most', limit: BUDGET_KB },
  }
  const session: RowSpec = { ...row, metric: `kube-idle, each of ${SESSIONS} with a session` }
  const grown = async (pid: number, count: number, come: () => Promise<unknown>) => {
    await pause(FIRST_MS)
    const before = residentOf(pid).now
    await come()
    await pause(SETTLE_MS)
    return (residentOf(pid).now - before) / 1_000 / count
  }
  for (let rep = 0; rep < run.reps; rep++) {
    const relay = await BareRelayProcess.start()
    try {
      await using crowd = new Crowd(relay.url)
      run.add(row, { system: 'floor' }, await grown(relay.pid, devices, () => crowd.do('bare', devices)))
    } finally {
      relay.end()
    }
    await withKube({ HEARTH_CONNECTIONS: String(SESSIONS) }, async ({ url, child }) => {
      await using crowd = new Crowd(url)
      const ofSessions = await grown(child.pid!, SESSIONS, () => crowd.do('sessions', SESSIONS))
      run.add(session, { system: 'hearth' }, ofSessions)
      if ((await crowd.do('state')).sessions < SESSIONS) throw new Error('Sessions have ended.')
    })
    await withKube({ HEARTH_CONNECTIONS: String(devices) }, async ({ url, child }) => {
      await using crowd = new Crowd(url)
      run.add(row, { system: 'hearth' }, await grown(child.pid!, devices, () => crowd.do('idle', devices)))
      const { idleGone } = await crowd.do('state')
      if (idleGone > 0) throw new Error(`${idleGone} devices are not there any more.`)
    })
  }
}
