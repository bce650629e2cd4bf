/** Alice, Bob and others: real devices, which meet at Mallory's KUBE. */
import type { IdentityId, ObjectId, SpaceId, ClientId } from '../../../worker/protocol/ids.js'
import { newId } from '../../../worker/protocol/ids.js'
import type { Role } from '../../../worker/protocol/facts.js'
import { call } from '../../../worker/mesh/handshaking.js'
import type { Message, Lane } from '../../../worker/protocol/wire.js'
import { Session } from '../../../worker/mesh/session.js'
import type { Opened } from '../../../worker/network.js'
import { openPlanes, type Planes, type PlanesPlatform } from '../../../worker/planes.js'
import { Random } from '../../e2e/random.js'
import { automerge, simulatedPlatform } from '../../simulation/device.js'
import { Disk } from '../../simulation/disk.js'
import { Clock, until } from './clock.js'
import { Relay, type Stranger } from './relay.js'

export const KUBE = 'http://kube.test'
let seeds = Math.floor(Math.random() * 2 ** 30)

export class World {
  readonly clock = new Clock()
  readonly relay = new Relay()
  private readonly people: Person[] = []

  /** @param skew of its clock, in milliseconds @param checkpointAfter entries from which on it makes a checkpoint */
  async person(skew = 0, disk = new Disk(), checkpointAfter?: number): Promise<Person> {
    await automerge()
    const person = await Person.begin(this, disk, skew, checkpointAfter)
    this.people.push(person)
    return person
  }

  /** So many, who are in one space with that role; the first has made it, and its clock is right. */
  async sharing(roles: readonly Role[], name = 'Kitchen'): Promise<{ people: Person[]; space: SpaceId }> {
    const people: Person[] = []
    for (let n = 0; n <= roles.length; n++) people.push(await this.person())
    const { id: space } = await people[0]!.halo.createSpace(name)
    for (const [n, role] of roles.entries()) await people[0]!.admit(space, people[n + 1]!, role)
    for (const one of people.slice(1))
      await one.halo.admissions.receive(space, people[0]!.halo.admissions.entriesOf(space))
    return { people, space }
  }

  [Symbol.dispose](): void {
    for (const { planes } of this.people) planes.network.stop()
    this.clock.stop()
  }
}

export class Person {
  private count = 0
  private readonly client = newId<ClientId>()
  opened: Opened | undefined

  private constructor(
    private readonly world: World,
    readonly disk: Disk,
    readonly platform: PlanesPlatform & { stop(): void },
    readonly planes: Planes,
    readonly skew: number,
  ) {
    const quiet = () => undefined
    this.echo.listeners.add({ edited: quiet, reset: quiet, spaces: quiet, durable: quiet, refused: quiet })
  }

  static async begin(world: World, disk: Disk, skew: number, checkpointAfter?: number): Promise<Person> {
    const { clock, relay } = world
    const setting = { skew, ...(checkpointAfter !== undefined && { checkpointAfter }) }
    const base = simulatedPlatform(disk, new Random(++seeds), setting)
    const platform: typeof base = {
      ...base,
      // Whoever knows a seed knows the keys: all are to be different.
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
      now: () => clock.now() + skew,
      later: clock.later,
      socket: relay.socket,
    }
    const planes = await openPlanes(platform)
    const person = new Person(world, disk, platform, planes, skew)
    await planes.echo.loadAll()
    return person
  }

  get halo() {
    return this.planes.halo
  }
  get echo() {
    return this.planes.echo
  }
  get mesh() {
    return this.opened!.networking.mesh
  }
  get invitations() {
    return this.opened!.invitations
  }
  get joins() {
    return this.opened!.joins
  }
  get identity(): IdentityId {
    return this.halo.identity.id
  }
  get personal(): SpaceId {
    return this.identity as string as SpaceId
  }
  /** With which it is found again. */
  words(): Promise<string> {
    return this.halo.recoveryPhrase()
  }

  /** Goes to Mallory's KUBE. */
  async online(): Promise<this> {
    this.opened = await this.planes.network.open()
    await this.opened.networking.use([KUBE])
    await this.isThere()
    return this
  }

  /** At all its topics. */
  private async isThere(): Promise<void> {
    const topics = this.halo.spaces.flatMap((space) => space.meetings())
    const { wires } = this.world.relay
    await until('online', () => this.mesh.isOnline && wires.at(-1)!.places.size >= topics.length)
  }

  /** Its power goes, and it comes again. */
  async again(): Promise<Person> {
    this.planes.network.stop()
    this.disk.crash()
    const next = await Person.begin(this.world, this.disk, this.skew)
    await next.planes.network.resume()
    next.opened = await next.planes.network.open()
    await next.isThere()
    return next
  }

  async admit(space: SpaceId, guest: Person, role: Role): Promise<void> {
    await this.halo.admissions.admitMember(space, await guest.halo.admissions.introduce(space, role), role)
    await guest.halo.admissions.join(this.halo.admissions.entriesOf(space))
  }

  async write(space: SpaceId, title: string): Promise<ObjectId> {
    const id = newId<ObjectId>()
    this.echo.accept(this.client, ++this.count, space, [{ id, type: 'note', value: { title } }])
    await this.echo.settled()
    return id
  }

  has(note: ObjectId): boolean {
    return this.echo.record(note) !== undefined
  }

  knows(other: Person): boolean {
    return this.mesh.connected.some(({ device }) => device === other.halo.device)
  }

  meeting(space: SpaceId) {
    return this.halo.get(space)!.meetings()[0]!
  }

  ref(space: SpaceId): Uint8Array {
    return this.halo.get(space)!.replica()
  }

  /** A session as this device, from where Mallory is to somebody there. */
  async callFrom(stranger: Stranger, theirs?: Person, target?: Uint8Array): Promise<Talk> {
    const { agreement: own } = await this.halo.keys()
    const key = theirs && (await theirs.halo.keys()).agreement.publicKey
    const link = stranger.link(target)
    const agreed = await call(this.platform, link, { own, topic: stranger.topic }, key)
    const session = new Session(this.platform, link, agreed)
    session.ping()
    return new Talk(session)
  }
}

/** A session that says what it is told to, and writes down what it hears. */
export class Talk {
  readonly heard: Message[] = []
  constructor(readonly session: Session) {
    session.listen((message) => void this.heard.push(message))
  }

  say(message: Message, lane: Lane = 'control'): void {
    void this.session.send(message, lane)
  }

  names(): string[] {
    return this.heard.map(([name]) => name)
  }

  of<T extends Message[0]>(name: T): Extract<Message, readonly [T, ...unknown[]]>[] {
    return this.heard.filter((one) => one[0] === name) as never
  }
}

export async function meet(...people: Person[]): Promise<void> {
  for (const one of people) if (!one.opened) await one.online()
  await until('connected', () =>
    people.every((one) => people.every((other) => one === other || one.knows(other))),
  )
}
