/** How it is told what happens in a KUBE: one for each server. */
import { KubeError, kubeError, type KubeErrorCode } from '../errors.js'
import { silent, type Log } from './log.js'
import { Metrics } from './metrics.js'

export class Watch {
  constructor(
    readonly log: Log = silent,
    readonly metrics: Metrics = new Metrics(),
  ) {}

  refused(code: KubeErrorCode): void {
    this.metrics.refused.inc({ code })
    this.log.debug({ code }, 'refused')
  }

  /** @returns what to answer with: whatever is no refusal is the server's own fault, and is logged */
  failed(cause: unknown): KubeError {
    if (cause instanceof KubeError) return cause
    this.log.error({ err: cause }, 'failed')
    return kubeError('kube/internal')
  }
}
