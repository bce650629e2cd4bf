/**
 * What is said and not stored, where a space has more devices than each has links: who says it signs it, and who hears it for the first time
 * passes it on. What a device says within a moment is one message, and where its tabs are is said as a whole: the last one counts.
 */
import { Budget } from '../budget.js'
import { toBase64Url, type DeviceId } from '../../protocol/ids.js'
import { MAX_HOPS, MAX_SPOKEN_BYTES, type Ephemeral, type Passed } from '../../protocol/wire.js'
import type { Peer } from '../peer.js'
import type { Identity, MeshPlatform, Replica } from '../platform.js'
import { malformed } from '../shape.js'
import { decodeSpoken, encodeSpoken, type Spoken } from './spoken-codec.js'

/** Said together, in milliseconds. */
const GATHER_MS = 20
/** Where its tabs are, a device says this often, for those who have missed it; not heard of for so long, it is nowhere. In milliseconds. */
const AGAIN_MS = 10_000
const FORGOTTEN_MS = 35_000
/** Of what each device has said, so many are known one by one: what is older than all of them is not heard any more. */
const MAX_KNOWN = 256
/** Signatures that are checked for one neighbour: at once, and in a second. */
const BURST = 400
const PER_SECOND = 200

export interface FloodEvents {
  peers(): Iterable<Peer>
  /** Where tabs of this device are. */
  present(replica: Replica): readonly Ephemeral[]
  heard(replica: Replica, device: DeviceId, message: Ephemeral): void
  /** This, and nothing else, is where the tabs of a device are. */
  isAt(replica: Replica, device: DeviceId, present: readonly Ephemeral[]): void
}

/** What was heard of one device in one space. */
interface Speaker {
  readonly known: Set<number>
  /** Where it said last that its tabs are; as it can be passed on. */
  last: { readonly number: number; readonly at: number; readonly passed: Passed } | undefined
  isShown: boolean
}

/** What this device is about to say in a space. */
interface Gathered {
  readonly said: Ephemeral[]
  isPresenceDue: boolean
}

export class Flood {
  private readonly speakers = new Map<Replica, Map<DeviceId, Speaker>>()
  private readonly gathered = new Map<Replica, Gathered>()
  private readonly underway = new Set<string>()
  private readonly budgets = new WeakMap<Peer, Budget>()
  /** Spaces in which this device has said where its tabs are, and is to say it again. */
  private readonly repeated = new Set<Replica>()
  private number: Promise<number> | undefined
  private count = 0
  private isStopped = false

  constructor(
    private readonly platform: MeshPlatform,
    private readonly identity: Identity,
    private readonly events: FloodEvents,
  ) {
    this.repeat()
  }

  stop(): void {
    this.isStopped = true
  }

  say(replica: Replica, message: Ephemeral): void {
    const waiting = this.gathered.get(replica)
    const gathered = waiting ?? { said: [], isPresenceDue: false }
    if (message[0] === 'said') gathered.said.push(message)
    else gathered.isPresenceDue = true
    if (waiting) return
    this.gathered.set(replica, gathered)
    this.platform.later(() => {
      this.gathered.delete(replica)
      if (!this.isStopped) void this.sayAll(replica, gathered).catch(() => undefined)
    }, GATHER_MS)
  }

  /** Where the tabs of this device are, for devices that are linked with it over others only. */
  sayPresence(replica: Replica): void {
    if (this.events.present(replica).length > 0) this.say(replica, ['present', '', '', null])
  }

  /** To one with whom the space is shared from now on: what others have said of where they are. */
  greet(replica: Replica, peer: Peer, isThere: (device: DeviceId) => boolean): void {
    for (const [device, { last, isShown }] of this.of(replica))
      if (last && isShown && device !== peer.device && isThere(device)) peer.say(replica, last.passed)
  }

  /** @throws HearthError `mesh/malformed`: nobody who is honest passes this on */
  async take(replica: Replica, from: Peer, passed: Passed): Promise<void> {
    const [, bytes, signature, hops] = passed
    const spoken = decodeSpoken(bytes)
    const [author, number] = spoken
    if (author === this.identity.device) return
    // defence: members-are-heard
    if (!replica.isIn(author)) return
    const speaker = this.speaker(replica, author)
    // defence: heard-once
    if (!isNew(speaker, spoken)) return
    const key = `${author}/${number}/${toBase64Url(signature)}`
    if (this.underway.has(key)) return
    // defence: signatures-at-a-pace
    if (!this.budget(from).take(this.platform.now())) return
    this.underway.add(key)
    const isTrue = await this.identity
      .verify(author, replica.ref, bytes, signature)
      .finally(() => this.underway.delete(key))
    // defence: spoken-by-its-author
    if (!isTrue) malformed('words that somebody else has put into a mouth')
    // defence: heard-once
    if (!isNew(speaker, spoken)) return
    const wasKnown = isKnown(speaker, number)
    this.hear(replica, speaker, spoken, passed)
    // defence: passed-on-once
    if (wasKnown) return
    if (hops < MAX_HOPS) this.pass(replica, ['passed', bytes, signature, hops + 1], from)
  }

  /** There is no sign of it any more. */
  gone(device: DeviceId): void {
    this.showing(device, (replica, speaker) => {
      speaker.isShown = false
      this.events.isAt(replica, device, [])
    })
  }

  /** What it said itself counts no more, but what it said to all does. */
  stays(device: DeviceId): void {
    this.showing(device, (replica, { last }) =>
      this.events.isAt(replica, device, decodeSpoken(last!.passed[1])[3]),
    )
  }

  private showing(device: DeviceId, run: (replica: Replica, speaker: Speaker) => void): void {
    for (const [replica, speakers] of this.speakers) {
      const speaker = speakers.get(device)
      if (speaker?.isShown) run(replica, speaker)
    }
  }

  private async sayAll(replica: Replica, { said, isPresenceDue }: Gathered): Promise<void> {
    if (isPresenceDue) {
      this.repeated.add(replica)
      await this.speak(replica, 'present', fitting(this.events.present(replica)).taken)
    }
    for (let left = said; left.length > 0;) {
      const { taken, rest } = fitting(left)
      await this.speak(replica, 'said', taken)
      left = rest
    }
  }

  private async speak(replica: Replica, kind: Spoken[2], messages: readonly Ephemeral[]): Promise<void> {
    this.number ??= this.identity.life().catch((e: unknown) => {
      this.number = undefined
      throw e
    })
    const number = (await this.number) * LIFE + ++this.count
    const bytes = encodeSpoken([this.identity.device, number, kind, messages])
    const signature = await this.identity.sign(replica.ref, bytes)
    if (!this.isStopped) this.pass(replica, ['passed', bytes, signature, 1])
  }

  private pass(replica: Replica, passed: Passed, from?: Peer): void {
    for (const peer of this.events.peers()) if (peer !== from) peer.say(replica, passed)
  }

  private hear(
    replica: Replica,
    speaker: Speaker,
    [author, number, kind, messages]: Spoken,
    passed: Passed,
  ): void {
    speaker.known.add(number)
    if (speaker.known.size > MAX_KNOWN) speaker.known.delete(Math.min(...speaker.known))
    if (kind === 'said') {
      for (const message of messages) this.events.heard(replica, author, message)
      return
    }
    // Of two, the one that was said last counts, whichever has come last.
    if (speaker.last && speaker.last.number > number) return
    speaker.last = { number, at: this.platform.now(), passed }
    speaker.isShown = messages.length > 0
    this.events.isAt(replica, author, messages)
  }

  /** Says again where this device's tabs are, and forgets where those of others were. */
  private repeat(): void {
    this.platform.later(() => {
      if (this.isStopped) return
      for (const replica of this.repeated) {
        if (this.events.present(replica).length === 0) this.repeated.delete(replica)
        this.say(replica, ['present', '', '', null])
      }
      const before = this.platform.now() - FORGOTTEN_MS
      for (const [replica, speakers] of this.speakers)
        for (const [device, speaker] of speakers) {
          if (!replica.isIn(device)) speakers.delete(device)
          if (!speaker.isShown || speaker.last!.at > before) continue
          speaker.isShown = false
          this.events.isAt(replica, device, [])
        }
      this.repeat()
    }, AGAIN_MS)
  }

  private of(replica: Replica): Map<DeviceId, Speaker> {
    let speakers = this.speakers.get(replica)
    if (!speakers) this.speakers.set(replica, (speakers = new Map()))
    return speakers
  }

  private speaker(replica: Replica, device: DeviceId): Speaker {
    const speakers = this.of(replica)
    let speaker = speakers.get(device)
    if (!speaker) speakers.set(device, (speaker = { known: new Set(), last: undefined, isShown: false }))
    return speaker
  }

  private budget(peer: Peer): Budget {
    let budget = this.budgets.get(peer)
    if (!budget) this.budgets.set(peer, (budget = new Budget(BURST, PER_SECOND, this.platform.now())))
    return budget
  }
}

/** Numbers of one life of a device, of which there are no more: they go on where those of the one before cannot have come to. */
const LIFE = 2 ** 32

const isKnown = ({ known }: Speaker, number: number): boolean =>
  known.has(number) || (known.size >= MAX_KNOWN && number < Math.min(...known))

/** Where somebody was last counts again, if it was taken to be gone. */
const isNew = (speaker: Speaker, [, number, kind, messages]: Spoken): boolean =>
  !isKnown(speaker, number) ||
  (kind === 'present' && messages.length > 0 && !speaker.isShown && speaker.last?.number === number)

/** As many as one message holds. */
function fitting(messages: readonly Ephemeral[]): { taken: Ephemeral[]; rest: Ephemeral[] } {
  const taken: Ephemeral[] = []
  let bytes = 0
  for (const message of messages) {
    // UTF-8 takes up to three bytes for a UTF-16 unit.
    bytes += 64 + 3 * message.reduce((sum, part) => sum + (part?.length ?? 0), 0)
    if (taken.length > 0 && bytes > MAX_SPOKEN_BYTES) break
    taken.push(message)
  }
  return { taken, rest: messages.slice(taken.length) }
}
