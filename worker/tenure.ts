/**
 * Which worker of an origin has the store (invariant 3). Builds are ordered: a newer worker asks and the older one makes
 * room, an older one never takes over, and of two that are equally new the first one stays. Workers of one script
 * hardly ever meet, for a browser runs one at a time; there a tab of a newer build makes the worker look at its script.
 */
import { HearthError } from './protocol/errors.js'
import { isNewer, OWNER_LOCK, type OwnerMessage } from './protocol/rpc.js'

export interface TenurePlatform {
  readonly build: string
  /** Where this worker's script lies: a tab that opens it finds this worker, or the next one. */
  readonly url: string
  /** Whether that is so: a tab's own worker is found by nobody else. */
  readonly shared: boolean
  /** The build of the script that lies there now; undefined where it cannot be told. */
  deployed(): Promise<string | undefined>
  /** What workers of one origin say to each other. */
  hail(message: OwnerMessage): void
  onHail(run: (message: OwnerMessage) => void): void
  /** Holds an exclusive lock of the origin. @throws HearthError `store/busy` after `timeoutMs` */
  hold(name: string, timeoutMs: number): Promise<() => void>
  now(): number
  later(run: () => void, ms: number): unknown
}

/** The longest wait for an older worker to let go of the store, in milliseconds. */
const OWNER_MS = 10_000
/** Who waits for the store says so after this long, and then ten times less often, in milliseconds. */
const HAIL_MS = 100
/** Whether a newer script lies there is asked this often at most, in milliseconds. */
const LOOK_MS = 5_000
/** A look that found none, or could not be had, is repeated after this long, and then after twice as long, in milliseconds. */
const AGAIN_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000] as const

export class Tenure {
  /** Where tabs are sent: this worker does not, or not any more, have the store. */
  movedTo: string | undefined
  private unlock: (() => void) | undefined
  /** Gives up waiting for the store's lock. */
  private giveUp: (() => void) | undefined
  private looked = -Infinity

  /** @param end makes room: for the worker at this address */
  constructor(
    private readonly platform: TenurePlatform,
    private readonly end: (url: string) => Promise<void>,
  ) {
    platform.onHail((message) => this.hear(message))
  }

  /** Waits for the store's lock, and tells whoever has it. @throws HearthError `store/busy` */
  async begin(): Promise<void> {
    const { build, url, shared } = this.platform
    let waits = true
    const hail = () => {
      if (!waits) return
      this.platform.hail({ t: 'waits', build, url, shared })
      this.platform.later(hail, 10 * HAIL_MS)
    }
    this.platform.later(hail, HAIL_MS)
    const held = this.platform.hold(OWNER_LOCK, OWNER_MS)
    const refused = new Promise<never>((_, reject) => {
      this.giveUp = () => reject(new HearthError('store/busy'))
    })
    // Granted after all to one that has given up.
    held.then((unlock) => this.movedTo && unlock()).catch(() => undefined)
    this.unlock = await Promise.race([held, refused]).finally(() => (waits = false))
  }

  /** Lets go of the store. */
  release(): void {
    this.unlock?.()
    this.unlock = undefined
  }

  /**
   * A tab of this build is there: if it is newer, and a newer worker lies at this address, this one makes room.
   * @param urgent the tab cannot be served by this worker: it is waited for
   */
  async meet(build: string, urgent: boolean): Promise<void> {
    const now = this.platform.now()
    if (!isNewer(build, this.platform.build) || (!urgent && now - this.looked < LOOK_MS)) return
    this.looked = now
    const looking = this.look(now)
    if (urgent) await looking
  }

  /** A tab of a newer build is there, so the script will be, too: a slow server, or a cache, must not decide for ever. */
  private async look(began: number, time = 0): Promise<void> {
    const lies = await this.platform.deployed().catch(() => undefined)
    // A later tab has begun to look anew.
    if (this.movedTo || began !== this.looked) return
    if (lies && isNewer(lies, this.platform.build)) return this.end(this.platform.url)
    const wait = AGAIN_MS[time]
    if (wait) this.platform.later(() => void this.look(began, time + 1), wait)
  }

  private hear(message: OwnerMessage): void {
    const { build, url, shared } = this.platform
    if (this.movedTo) return
    if (message.url === url) {
      // The browser has given this one up and started another at its address: who comes from now on never finds this one.
      const isLost = shared && message.t === 'waits' && message.shared && !!this.unlock
      if (isLost && !isNewer(build, message.build)) void this.end(url)
    } else if (message.t === 'owns') {
      if (this.unlock || isNewer(build, message.build)) return
      this.giveUp?.()
      void this.end(message.url)
    } else if (this.unlock) {
      if (isNewer(message.build, build)) void this.end(message.url)
      else this.platform.hail({ t: 'owns', build, url })
    }
  }
}
