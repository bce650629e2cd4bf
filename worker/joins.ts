/** What tabs have begun that lets this device in somewhere: how far each has come, and what came of it. */
import type { NetworkPlatform } from './network.js'
import { HearthError } from './protocol/errors.js'
import type { SpaceId } from './protocol/ids.js'
import type { JoinState } from './protocol/facts.js'

/** What came of it is there to be asked for so long, in milliseconds. */
const ASKED_MS = 60_000

interface Join {
  state: JoinState
  readonly stop: AbortController
  readonly result: Promise<SpaceId>
}

export class Joins {
  private readonly all = new Map<string, Join>()

  constructor(
    private readonly platform: Pick<NetworkPlatform, 'later'>,
    private readonly changed: () => void,
  ) {}

  /**
   * @param id chosen by the tab
   * @param run tells how far it has come; what it resolves to is the space that this device is in then
   */
  begin(id: string, run: (said: (state: JoinState) => void, signal: AbortSignal) => Promise<SpaceId>): void {
    const stop = new AbortController()
    const said = (state: JoinState) => {
      join.state = { ...join.state, ...state }
      this.changed()
    }
    const result = Promise.resolve()
      .then(() => run(said, stop.signal))
      .then(
        (space) => {
          said({ at: 'done' })
          return space
        },
        (e: unknown) => {
          said({ at: 'failed' })
          throw e
        },
      )
    const join: Join = { state: { at: 'connecting' }, stop, result }
    // It is heard of when it is asked for.
    result.catch(() => undefined)
    this.all.set(id, join)
    const forget = () => this.platform.later(() => this.all.delete(id), ASKED_MS)
    void result.then(forget, forget)
  }

  /** @throws HearthError why it failed; `rpc/worker-gone` if it was begun in a worker that is no more */
  joined(id: string): Promise<SpaceId> {
    return this.all.get(id)?.result ?? Promise.reject(new HearthError('rpc/worker-gone', { ms: 0 }))
  }

  cancel(id: string): void {
    this.all.get(id)?.stop.abort()
  }

  stateOf(id: string): JoinState | undefined {
    return this.all.get(id)?.state
  }

  stop(): void {
    for (const { stop } of this.all.values()) stop.abort()
  }
}
