/** Calling one device: again and again, ever less often, until there is a session with it, or it is not there. */
import type { Other } from './kube.js'
import { silent, type Link } from './link.js'
import type { MeshPlatform } from './platform.js'

/** One that is there and could not be reached is called again after this time, doubled each time, in milliseconds. */
const AGAIN_MS = 500
const LONGEST_AGAIN_MS = 30_000
/** However often it comes anew, a call is not given up sooner, nor the next one made, in milliseconds: anybody at the topic can come. */
const PATIENCE_MS = 2_000

export interface Callable {
  /** Whether there is a session with it meanwhile, or others have been chosen instead. */
  isNeedless(): boolean
  where(): Promise<Other | undefined>
  /** Resolves once there is a session with it. @throws HearthError `mesh/…` */
  call(other: Other, link: Link): Promise<void>
}

export class Calling {
  private isOver = false
  /** It has come since it was last looked for. */
  private hasNews = false
  /** When the last call began. */
  private began = 0
  private called: Other | undefined
  private isHurried = false
  private cancelHurry: (() => void) | undefined
  /** Ends what is under way: a call, or a pause. */
  private cutShort = silent

  constructor(
    private readonly platform: Pick<MeshPlatform, 'now' | 'later'>,
    private readonly callable: Callable,
  ) {}

  /** Resolves when it is not called any more. */
  async run(): Promise<void> {
    for (let failures = 0; ;) {
      this.hasNews = false
      const other = await this.callable.where()
      if (this.isOver) break
      if (!other && this.hasNews) continue
      if (!other) break
      const link = other.kube.link(other)
      this.began = this.platform.now()
      this.called = other
      this.cutShort = () => link.close()
      const isMet = await this.callable.call(other, link).then(
        () => true,
        () => false,
      )
      this.cutShort = silent
      if (isMet || this.isOver) break
      await this.pause(Math.min(AGAIN_MS * 2 ** failures++, LONGEST_AGAIN_MS))
      if (this.isOver || this.callable.isNeedless()) break
    }
    this.stop()
  }

  /**
   * It has come.
   * @param isAnew to a place at which it already was: that connection is no more, and its KUBE has not noticed
   */
  came({ kube, peer }: Other, isAnew: boolean): void {
    this.hasNews = true
    const { called } = this
    if (!called || (called.kube === kube && (!isAnew || called.peer.join() === peer.join()))) return
    const left = this.began + PATIENCE_MS - this.platform.now()
    this.cancelHurry ??= this.platform.later(
      () => {
        this.cancelHurry = undefined
        this.isHurried = true
        this.cutShort()
      },
      Math.max(0, left),
    )
  }

  stop(): void {
    this.isOver = true
    this.cancelHurry?.()
    this.cutShort()
  }

  private async pause(ms: number): Promise<void> {
    if (!this.isHurried)
      await new Promise<void>((resolve) => {
        const cancel = this.platform.later(resolve, ms)
        this.cutShort = () => {
          cancel()
          resolve()
        }
      })
    this.isHurried = false
    this.cutShort = silent
  }
}
