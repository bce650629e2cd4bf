/**
 * Everything of an identity, given back by its recovery words, or a passkey that leads to these, from KUBEs that keep it, and from devices of
 * its own that are on: its personal space, which the words lead to; then, by what that says of them, all others. What could not be reached is
 * tried again, also after the worker has ended.
 */
import { belongingOf, type Belonging } from './belongings.js'
import { openCapsule, type Led } from './halo/kept/capsule.js'
import { finderOf, openPasskeyCapsule, type Finder } from './halo/kept/passkey-capsule.js'
import { readProof } from './halo/log/evidence.js'
import type { Halo } from './halo/halo.js'
import { KEY_BYTES } from './halo/suite/platform.js'
import { recoveryOf, type Recovery } from './halo/suite/recovery.js'
import type { Signer } from './halo/suite/signing.js'
import type { Joins } from './joins.js'
import { addressOf, isAddress, passesIn } from './addresses.js'
import type { Fetched } from './arrivals.js'
import type { Keeping } from './keeping.js'
import type { NetworkPlatform } from './network.js'
import { signalUrl, type Networking } from './networking.js'
import type { OwnObjects } from './own-objects.js'
import { isBytes } from './passkey-leads.js'
import { HearthError, invalid, toHearthError, type ErrorCode } from './protocol/errors.js'
import { toBase64Url, type SpaceId } from './protocol/ids.js'
import { SPACE_TYPE } from './protocol/own-types.js'
import type { JoinState } from './protocol/facts.js'
import type { KeptCapsule } from './protocol/wire.js'
import type { Asking, FromDevice, Reunion } from './reunion.js'
import type { Store } from './store.js'

/** The row of `meta` that says from which KUBEs something may still have to come. */
const RECOVERING = 'recovering'
/** KUBEs that are asked, at most. */
const MAX_KUBES = 8
/** The longest waits for a KUBE to say what it has, for the log of a space, and for what is in spaces, in milliseconds. */
const SEEK_MS = 12_000
const LOG_MS = 15_000
const SYNC_MS = 20_000
/** One that has answered is not kept waiting for others any longer, in milliseconds. */
const OTHERS_MS = 1_500
const LOOK_MS = 50
/** A device of this identity brings what it has soon: of what it has not, nothing will come. In milliseconds, since it last brought something. */
const BROUGHT_MS = 3_000
/** Spaces that come at one time. */
const TOGETHER = 8
/** What did not come is asked for again after this time, doubled each time, in milliseconds. */
const AGAIN_MS = 2_000
const LONGEST_AGAIN_MS = 60_000
/** To ask again would bring the same. */
const FINAL: readonly ErrorCode[] = [
  ...(['mesh/host-unknown', 'mesh/host-forgot', 'mesh/host-denied', 'mesh/host-full'] as const),
  ...(['halo/refused', 'halo/no-words-here'] as const),
]
/** A KUBE has answered, and keeps nothing of it. */
const NOTHING: readonly ErrorCode[] = ['halo/nothing-to-recover', 'halo/nothing-by-passkey']

type Said = (state: JoinState) => void
interface FromKube extends Led {
  readonly url: string
}
/** Of one identity. */
interface Answers {
  readonly kubes: readonly FromKube[]
  readonly devices: readonly FromDevice[]
}

export class Recovering {
  /** Spaces that no KUBE has that was asked, and no device that is on. */
  private readonly lacking = new Set<SpaceId>()
  private isStopped = false

  constructor(
    private readonly platform: NetworkPlatform,
    private readonly store: Store,
    private readonly halo: Halo,
    private readonly objects: OwnObjects,
    private readonly networking: Networking,
    private readonly keeping: Keeping,
    private readonly joins: Joins,
    private readonly reunion: Reunion,
  ) {}

  /** Goes on with what has not come yet. @throws HearthError `store/…` */
  async resume(): Promise<void> {
    const urls = await this.store.get<readonly string[]>('meta', RECOVERING)
    if (urls) void this.bringAll(urls).catch(() => undefined)
  }

  stop(): void {
    this.isStopped = true
  }

  /**
   * Begins; what comes of it is told as of a join.
   * @param id chosen by the tab
   * @param by recovery words; or what a passkey answers to `PASSKEY_SALT`, 32 bytes
   * @param kubes addresses
   * @throws HearthError `halo/recovery-…`, `mesh/no-kube`, `echo/invalid`
   */
  async begin(id: string, by: string | Uint8Array, kubes: readonly string[]): Promise<void> {
    const { recoverySecret } = await import('./halo/suite/recovery-words.js')
    if (typeof by !== 'string' && !isBytes(by, KEY_BYTES))
      invalid('recovery words are text, and what a passkey answers has 32 bytes')
    const led = typeof by === 'string' ? recoverySecret(by) : await finderOf(this.platform, by)
    if (kubes.length === 0) throw new HearthError('mesh/no-kube')
    if (kubes.length > MAX_KUBES) invalid(`recovery asks up to ${MAX_KUBES} servers`)
    const urls = kubes.map(addressOf)
    await this.networking.use(urls, passesIn(kubes))
    this.joins.begin(id, (said, signal) => this.recover(led, urls, said, signal))
  }

  private async recover(
    led: Uint8Array | Finder,
    kubes: readonly string[],
    said: Said,
    signal: AbortSignal,
  ): Promise<SpaceId> {
    const { platform, keeping, halo } = this
    const called = new Promise<never>((_, reject) => {
      const stop = () => reject(new HearthError('mesh/cancelled'))
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop)
    })
    called.catch(() => undefined)
    said({ at: 'connecting' })
    const secret =
      led instanceof Uint8Array ? led : await Promise.race([this.askByPasskey(led, kubes), called])
    const answers = await Promise.race([this.ask(await recoveryOf(platform, secret), kubes), called])
    said({ at: 'looking' })
    const { identity, first } = ledBy(answers)
    const urls = answers.kubes.map(({ url }) => url)
    const space = identity as string as SpaceId
    const fetching = this.fetch(space, first, answers)
    // From here on there is no way back.
    const fetched = await Promise.race([fetching, called]).catch((e: unknown) => {
      fetching.then(({ refuse }) => refuse()).catch(() => undefined)
      throw e
    })
    said({ at: 'entering' })
    await entering(fetched, () => {
      const rows = [
        keeping.rowWith(space, fetched.urls),
        { table: 'meta', key: RECOVERING, put: urls } as const,
      ]
      return halo.admissions.recover(fetched.log, identity, secret, rows)
    })
    said({ at: 'syncing' })
    await Promise.race([this.bringAll(urls).catch(() => undefined), this.pause(SYNC_MS)])
    const lacks = [...this.lacking].filter((one) => !halo.get(one)).length
    if (lacks > 0) said({ at: 'syncing', lacks })
    return space
  }

  /** The log of the personal space, from all who have answered: one of them may not have heard who was revoked. */
  private async fetch(space: SpaceId, first: Uint8Array, { kubes, devices }: Answers): Promise<Fetched> {
    const { keeping } = this
    const urls = kubes.map(({ url }) => url)
    if (devices.length === 0) return keeping.fetch(space, first, urls, LOG_MS)
    const given = together(devices.map(({ log }) => log))
    const alone: Fetched = { log: given, urls: [], enter: () => undefined, refuse: () => undefined }
    if (urls.length === 0) return alone
    const fetched = await keeping.fetch(space, first, urls, LOG_MS).catch(() => undefined)
    if (!fetched) return alone
    const log = together([given, fetched.log])
    // What those have given is good; who was in once may have brought a KUBE what is not.
    const isGood = await readProof(this.platform, log).then(
      () => true,
      () => false,
    )
    return { ...fetched, log: isGood ? log : given }
  }

  /** @throws HearthError `halo/nothing-to-recover`, `halo/refused`, `mesh/…` */
  private async ask(words: Recovery, kubes: readonly string[]): Promise<Answers> {
    const asked = this.reunion.ask(words, kubes)
    try {
      return await this.askAll(words, kubes, asked)
    } finally {
      asked.stop()
    }
  }

  private async askAll(words: Recovery, kubes: readonly string[], devices: Asking): Promise<Answers> {
    const answers: FromKube[] = []
    const asking = kubes.map(async (url) => {
      const answer = await this.askOne(words, url)
      if (answer) answers.push(answer)
      return answer ?? Promise.reject(new HearthError('halo/nothing-to-recover'))
    })
    const all = Promise.allSettled(asking)
    await firstOf<unknown>([...asking, devices.first])
    await Promise.race([Promise.all([all, devices.quiet()]), this.pause(OTHERS_MS)])
    const { identity } = ledBy({ kubes: answers, devices: devices.answers })
    const isOf = (answer: Led) => answer.identity === identity
    return { kubes: answers.filter(isOf), devices: devices.answers.filter(isOf) }
  }

  private async askOne(words: Recovery, url: string): Promise<FromKube | undefined> {
    const { signer } = words
    const found = await this.seek(signer, url)
    if (!found) return undefined
    const [replica, sealed, signature] = found
    const led = await openCapsule(this.platform, words, {
      ...{ words: signer.publicKey, replica, sealed, signature },
    })
    return { url, ...led }
  }

  /** @returns the secret of the words that it leads to @throws HearthError `halo/nothing-by-passkey`, `halo/refused`, `mesh/…` */
  private askByPasskey(finder: Finder, kubes: readonly string[]): Promise<Uint8Array> {
    const askOne = async (url: string) => {
      const found = await this.seek(finder.signer, url)
      if (!found) throw new HearthError('halo/nothing-by-passkey')
      const [replica, sealed] = found
      return openPasskeyCapsule(this.platform, finder, { replica, sealed })
    }
    return firstOf(kubes.map(askOne))
  }

  /** @returns null from one that keeps nothing for it, or nothing for anybody */
  private seek(signer: Signer, url: string): Promise<KeptCapsule | null> {
    const shown = {
      publicKey: signer.publicKey,
      sign: (said: Uint8Array) => signer.sign('recovery-seek', null, said),
    }
    const { mesh } = this.networking
    return this.keeping.seek(url, shown, SEEK_MS).catch((e: unknown) => {
      // Devices meet there, and that is all.
      if (mesh.isAt(signalUrl(url))) return null
      // It has said why.
      throw mesh.refusal ?? e
    })
  }

  /** Resolves when everything is here that can come from there. */
  private async bringAll(urls: readonly string[]): Promise<void> {
    for (let wait = AGAIN_MS; !this.isStopped; wait = Math.min(2 * wait, LONGEST_AGAIN_MS)) {
      await this.networking.caughtUp(this.objects.space, SYNC_MS)
      const isComplete = this.networking.hasCaughtUp(this.objects.space)
      if ((await this.bring(urls)) && isComplete)
        return this.store.write([{ table: 'meta', key: RECOVERING, delete: true }], 'relaxed')
      await this.pause(wait)
    }
  }

  /** @returns whether nothing is left that could come later */
  private async bring(urls: readonly string[]): Promise<boolean> {
    const { halo } = this
    const belongings = (await this.objects.all(SPACE_TYPE)).map(belongingOf)
    const wanted = belongings.filter(
      ({ space }) => !halo.get(space) && !halo.left.has(space) && !this.lacking.has(space),
    )
    let isDone = true
    const next = async () => {
      for (let one = wanted.pop(); one; one = wanted.pop())
        isDone = (await this.bringOne(one, urls)) && isDone
    }
    await Promise.all(Array.from({ length: TOGETHER }, next))
    return isDone
  }

  private async bringOne(one: Belonging, urls: readonly string[]): Promise<boolean> {
    const { space, hosts } = one
    const from = [...hosts.filter(isAddress), ...urls]
    let isFinal = true
    if (from.length > 0)
      try {
        await this.bringFromKubes(one, from)
        return true
      } catch (e) {
        isFinal = FINAL.includes(toHearthError(e).code)
      }
    // The other device lets this one in, and brings it, as it does whatever it shares with it.
    if (await this.isBroughtByDevice(space)) {
      await this.networking.caughtUp(space, SYNC_MS)
      return true
    }
    if (isFinal) this.lacking.add(space)
    return isFinal
  }

  private async bringFromKubes({ space, keys, first }: Belonging, from: readonly string[]): Promise<void> {
    // An earlier build did not write down by what it is found, and has not been opened since.
    if (!first) throw new HearthError('mesh/host-unknown')
    const fetched = await this.keeping.fetch(space, first, from, LOG_MS)
    const known = new Map([...keys, [space as string, first] as const])
    await entering(fetched, () =>
      this.halo.admissions.joinByWords(fetched.log, space, known, [
        this.keeping.rowWith(space, fetched.urls),
      ]),
    )
    // What was sealed since under a key that this device has not, somebody has to seal to it first.
    if (this.halo.get(space)!.hasKeys) await this.networking.caughtUp(space, SYNC_MS)
  }

  private async isBroughtByDevice(space: SpaceId): Promise<boolean> {
    const { halo, networking, platform } = this
    const isHere = () => halo.get(space) !== undefined
    let end = platform.now() + BROUGHT_MS
    for (let here = halo.spaces.length; !isHere() && networking.isWithOwn && !this.isStopped;) {
      if (platform.now() >= end) break
      await this.pause(LOOK_MS)
      // There may be more where that came from.
      if (halo.spaces.length > here) end = platform.now() + BROUGHT_MS
      here = halo.spaces.length
    }
    return isHere()
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.platform.later(resolve, ms))
  }
}

const ledBy = ({ kubes, devices }: Answers): Led => [...kubes, ...devices][0]!

/** Entries of one log, of which each list is good by itself: parents first. */
const together = (logs: readonly (readonly Uint8Array[])[]): Uint8Array[] => [
  ...new Map(logs.flat().map((entry) => [toBase64Url(entry), entry])).values(),
]

/** @throws HearthError one that is away may have what another one has not: why that did not answer, if there is one */
async function firstOf<T>(asking: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(asking)
  } catch (e) {
    const { errors } = e as { errors: HearthError[] }
    throw errors.find(({ code }) => !NOTHING.includes(code)) ?? errors[0]
  }
}

/** What was fetched is let in, or not wanted. */
async function entering(fetched: Fetched, enter: () => Promise<void>): Promise<void> {
  try {
    await enter()
  } catch (e) {
    fetched.refuse()
    throw e
  }
  fetched.enter()
}
