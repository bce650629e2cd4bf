/** The worker of an elected tab: it is called over BroadcastChannels, by its own tab as by all others. */
import type { InstanceId } from '../protocol/ids.js'
import { CALLS, layLine, tabWorkerLock, type CallMessage } from '../protocol/line.js'

/** @param connect serves a tab, on a port as a SharedWorker gets one */
export function answerCalls(instance: InstanceId, connect: (port: MessagePort) => void): void {
  const calls = new BroadcastChannel(CALLS)
  const lines = new Set<string>()
  calls.onmessage = ({ data }: MessageEvent<CallMessage>) => {
    if (data.t !== 'call' || lines.has(data.line)) return
    const { line } = data
    lines.add(line)
    const { port1, port2 } = new MessageChannel()
    layLine(port1, line, { closed: () => lines.delete(line) })
    connect(port2)
  }
  void navigator.locks.request(tabWorkerLock(instance), () => {
    // To its own tab, which queues for that lock, and to all that have called in vain.
    self.postMessage(instance)
    calls.postMessage({ t: 'ready' } satisfies CallMessage)
    return new Promise(() => undefined)
  })
}
