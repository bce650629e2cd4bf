/**
 * What is said and never stored: who is looking at what (presence), and messages on channels; among the tabs of this device, and with
 * devices of others while these are there. It is as text of JSON, of a bounded length and rate.
 */
import { Budget } from './mesh/budget.js'
import type { Halo } from './halo/halo.js'
import { HearthError, invalid } from './protocol/errors.js'
import type { ClientId, DeviceId, SpaceId } from './protocol/ids.js'
import type { PresenceInfo, SaidInfo } from './protocol/facts.js'
import { MAX_EPHEMERAL, MAX_TOPIC_NAME, type Ephemeral } from './protocol/wire.js'

/** What one tab may say on channels: at once, and in a second. What is beyond that is dropped. */
const BURST = 200
const PER_SECOND = 100
/** Where a tab is, is told to others so often at most, in milliseconds. */
const TELL_MS = 50
/** Places at which one device may be present. */
const MAX_PLACES = 256

/** Where somebody is: a space, and a name that the app has chosen there. */
export interface Place {
  readonly space: SpaceId
  readonly name: string
}

/** Of one tab, here or elsewhere. */
interface Present extends Place {
  readonly device: DeviceId
  readonly tab: string
  readonly value: string
}

export interface EphemeraEvents {
  /** Who is where is otherwise now. */
  changed(): void
  /** To all devices with which this one has the space and a session. */
  send(space: SpaceId, message: Ephemeral): void
}

export class Ephemera {
  /** By device and tab, and place. */
  private readonly present = new Map<string, Present>()
  /** Tabs of this device that say nothing any more: perhaps they are frozen. */
  private readonly silent = new Set<string>()
  private readonly listeners = new Map<ClientId, Map<number, readonly [Place, (said: SaidInfo) => void]>>()
  /** What is about to be told to others. */
  private readonly telling = new Set<string>()
  private readonly budgets = new Map<string, Budget>()

  constructor(
    private readonly platform: { now(): number; later(run: () => void, ms: number): () => void },
    private readonly halo: Halo,
    private readonly events: EphemeraEvents,
  ) {}

  // Tabs of this device

  /** @param value null: it is not there any more @throws HearthError `mesh/too-large`, `echo/invalid`, `echo/unknown-space` */
  set(client: ClientId, place: Place, value: unknown): void {
    this.check(place)
    this.put(this.halo.device, client, place, value === null || value === undefined ? null : textOf(value))
    const key = keyOf({ device: this.halo.device, tab: client, ...place })
    if (this.telling.has(key)) return
    // Only where somebody is now matters, not the way there.
    this.telling.add(key)
    this.platform.later(() => {
      this.telling.delete(key)
      if (!this.silent.has(client))
        this.events.send(place.space, ['present', place.name, client, this.present.get(key)?.value ?? null])
    }, TELL_MS)
  }

  /** @throws as `set` */
  say(client: ClientId, place: Place, value: unknown): void {
    this.check(place)
    const text = textOf(value)
    if (!this.may(client)) return
    this.tell(this.halo.device, client, place, text)
    this.events.send(place.space, ['said', place.name, client, text])
  }

  listen(client: ClientId, q: number, place: Place, run: (said: SaidInfo) => void): void {
    const mine = this.listeners.get(client) ?? new Map<number, readonly [Place, typeof run]>()
    this.listeners.set(client, mine.set(q, [place, run]))
  }

  unlisten(client: ClientId, q: number): void {
    this.listeners.get(client)?.delete(q)
  }

  /** It has not answered for a while, or does again. */
  hush(client: ClientId, isSilent: boolean): void {
    if (this.silent.has(client) === isSilent) return
    if (isSilent) this.silent.add(client)
    else this.silent.delete(client)
    for (const one of this.of(this.halo.device, client))
      this.events.send(one.space, ['present', one.name, client, isSilent ? null : one.value])
    this.events.changed()
  }

  /** The tab is gone. */
  left(client: ClientId): void {
    this.listeners.delete(client)
    this.budgets.delete(client)
    this.silent.delete(client)
    for (const one of this.of(this.halo.device, client)) {
      this.put(this.halo.device, client, one, null)
      this.events.send(one.space, ['present', one.name, client, null])
    }
  }

  /** Everybody else who is there. */
  others(client: ClientId, { space, name }: Place): PresenceInfo[] {
    // Who was removed is not shown while there still is a session with it.
    const devices = this.halo.get(space)?.log.state.devices
    return [...this.present.values()]
      .filter((one) => one.space === space && one.name === name && devices?.has(one.device))
      .filter(({ tab }) => tab !== client && !this.silent.has(tab))
      .map(({ device, tab, value }) => ({
        ...this.who(space, device, tab),
        value: JSON.parse(value) as unknown,
      }))
  }

  // Other devices

  /** What a device that has just come has to know. */
  all(space: SpaceId): Ephemeral[] {
    const mine = this.of(this.halo.device).filter((one) => one.space === space && !this.silent.has(one.tab))
    return mine.map(({ name, tab, value }) => ['present', name, tab, value])
  }

  /** What a device says that is a member of the space. */
  hear(space: SpaceId, device: DeviceId, [t, name, tab, value]: Ephemeral): void {
    // defence: ephemeral-budget
    if (!this.may(device)) return
    // defence: ephemeral-json
    if (value !== null && !isJson(value)) return
    const place = { space, name }
    if (t === 'said') this.tell(device, tab, place, value)
    else if (value === null || this.of(device).length < MAX_PLACES) this.put(device, tab, place, value)
  }

  /** This, and nothing else, is where the tabs of another device are, which is a member of the space. */
  isAt(space: SpaceId, device: DeviceId, present: readonly Ephemeral[]): void {
    const now = new Set(present.map(([, name, tab]) => keyOf({ device, tab, space, name })))
    for (const one of this.of(device))
      if (one.space === space && !now.has(keyOf(one))) this.put(device, one.tab, one, null)
    // What is as it was costs nothing of what it may say.
    for (const message of present) {
      const [, name, tab, value] = message
      if (this.present.get(keyOf({ device, tab, space, name }))?.value !== value)
        this.hear(space, device, message)
    }
  }

  /** There is no sign of the device any more. */
  gone(device: DeviceId): void {
    this.budgets.delete(device)
    const before = this.present.size
    for (const one of this.of(device)) this.present.delete(keyOf(one))
    if (this.present.size !== before) this.events.changed()
  }

  private of(device: DeviceId, tab?: string): Present[] {
    return [...this.present.values()].filter(
      (one) => one.device === device && (tab === undefined || one.tab === tab),
    )
  }

  private put(device: DeviceId, tab: string, { space, name }: Place, value: string | null): void {
    const key = keyOf({ device, tab, space, name })
    if (value === null) this.present.delete(key)
    else this.present.set(key, { device, tab, space, name, value })
    this.events.changed()
  }

  private tell(device: DeviceId, tab: string, { space, name }: Place, value: string): void {
    const said = { ...this.who(space, device, tab), value: JSON.parse(value) as unknown }
    for (const [client, mine] of this.listeners)
      for (const [place, run] of mine.values())
        if (client !== tab && place.space === space && place.name === name) run(said)
  }

  private who(space: SpaceId, device: DeviceId, tab: string): Omit<PresenceInfo, 'value'> {
    const member = this.halo.get(space)?.log.state.devices.get(device)?.member ?? this.halo.identity.id
    const { displayName } = this.halo.profile(member)
    return { tab, device, member, displayName }
  }

  private check({ space, name }: Place): void {
    if (!this.halo.get(space)) throw new HearthError('echo/unknown-space')
    if (typeof name !== 'string' || name.length > MAX_TOPIC_NAME)
      invalid(`a name has up to ${MAX_TOPIC_NAME} characters`)
  }

  private may(who: string): boolean {
    const budget = this.budgets.get(who) ?? new Budget(BURST, PER_SECOND, this.platform.now())
    this.budgets.set(who, budget)
    return budget.take(this.platform.now())
  }
}

/** @throws HearthError `mesh/too-large`, `echo/invalid` */
function textOf(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // A cycle, or what JSON has no word for.
  }
  if (text === undefined) invalid('what is said to others is a value that JSON can hold')
  if (text.length > MAX_EPHEMERAL) throw new HearthError('mesh/too-large', { most: MAX_EPHEMERAL })
  return text
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const keyOf = ({ device, tab, space, name }: Omit<Present, 'value'>) => [device, tab, space, name].join('/')
