/** What a KUBE counts, for Prometheus: of all devices together, and of none of them. What each is, its `help` says. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export class Metrics {
  readonly #registry = new Registry()
  /** Others that a device was told of at a topic. */
  readonly met = this.#counter('hearth_met_total', 'Pairs of devices that met at a topic.')
  readonly relayedFrames = this.#counter('hearth_relayed_frames_total', 'Frames relayed between devices.')
  readonly relayedBytes = this.#counter(
    'hearth_relayed_bytes_total',
    'Bytes of frames relayed between devices.',
  )
  readonly refused = new Counter({
    ...{ name: 'hearth_refused_total', help: 'Connections and wishes refused, by code.' },
    ...{ labelNames: ['code'], registers: [this.#registry] },
  })
  readonly paced = this.#counter(
    'hearth_paced_total',
    'Times that a device was read later, for it sent more than it may.',
  )
  readonly requests = new Counter({
    ...{ name: 'hearth_http_requests_total', help: 'HTTP requests answered, by status.' },
    ...{ labelNames: ['status'], registers: [this.#registry] },
  })
  readonly entries = this.#counter(
    'hearth_entries_appended_total',
    'Entries of feeds that were appended, durably.',
  )
  readonly appendSeconds = new Histogram({
    ...{ name: 'hearth_append_seconds', help: 'Durable writes of what is kept, in seconds.' },
    ...{
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [this.#registry],
    },
  })

  /** @param ofProcess also of the process: CPU, memory, event loop, garbage. These are watched for as long as it runs */
  constructor({ ofProcess = false } = {}) {
    if (ofProcess) collectDefaultMetrics({ register: this.#registry })
  }

  /** @param read what it is now; asked when somebody reads */
  gauge(name: string, help: string, read: () => number): void {
    const collect = () => gauge.set(read())
    const gauge: Gauge = new Gauge({ name, help, registers: [this.#registry], collect })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] })
  }
}
