/** What MESH needs of the world, and of the other two systems: declared here and supplied by the runtime. */
import type { IceServer } from '../protocol/hosting.js'
import type { DeviceId, SpaceId } from '../protocol/ids.js'
import type { CheckpointWish } from '../protocol/wire.js'

export interface MeshPlatform {
  readonly subtle: SubtleCrypto
  random(bytes: number): Uint8Array
  /** Milliseconds since 1970; used for distances only. */
  now(): number
  /** @returns calls it off */
  later(run: () => void, ms: number): () => void
  /** Entries that somebody lacks, from which on a checkpoint is offered in their place: where not said, as many as pay. */
  readonly checkpointFor?: number
  /** Begins to connect a WebSocket. Each of `events` runs in a turn of its own. */
  socket(url: string, events: SocketEvents): Socket
}
export interface SocketEvents {
  opened(): void
  /** A text message comes as undefined. */
  message(bytes: Uint8Array | undefined): void
  /** Once, whatever the reason; nothing comes after it. */
  closed(): void
}
export interface Socket {
  /** Bytes that were sent and have not left yet. */
  readonly waiting: number
  send(bytes: Uint8Array): void
  close(): void
}

/** The tabs of this device that can hold a direct link: a worker cannot. */
export interface Hosts {
  readonly canHost: boolean
  /** Somebody could be met directly: tabs that have not said so far whether they can are asked. */
  wanted(): void
  /** @param ice servers by which the two find a way to each other @returns undefined if no tab can */
  open(isInitiator: boolean, ice: readonly IceServer[]): Hosted | undefined
}
/** A link to be, in a tab. */
export interface Hosted {
  /** The tab's id. */
  readonly tab: string
  /** As in `protocol/hosting.ts`. */
  readonly port: HostPort
  /** The tab is gone, or stands still. */
  onGone: () => void
  /** There has been a better tab for some time. */
  onBetter: () => void
  /** It is not needed any more. @param hasHung nobody has said that it has ended; it came to nothing, or nothing came any more */
  release(hasHung: boolean): void
}
export type HostPort = Pick<MessagePort, 'onmessage' | 'postMessage'>

/** An X25519 key, whose private half no script need see. */
export interface StaticKey {
  readonly publicKey: Uint8Array
  agree(theirs: Uint8Array): Promise<Uint8Array>
}

/** Who this device is to a KUBE: a key that it has for that one and no other. */
export interface KubeKey {
  /** Ed25519. */
  readonly publicKey: Uint8Array
  sign(nonce: Uint8Array): Promise<Uint8Array>
  /** By which whoever runs that KUBE lets this device use it. */
  readonly pass?: Uint8Array | undefined
}

/** This device, and who others are. */
export interface Identity {
  readonly device: DeviceId
  /** The key that the logs of its spaces name. @throws HearthError `halo/keys-lost` */
  staticKey(): Promise<StaticKey>
  kubeKey(url: string): Promise<KubeKey>
  /** Whose key this is, by the logs of the spaces that are here. */
  deviceOf(key: Uint8Array): DeviceId | undefined
  /** Of a device that some log here names. */
  keyOf(device: DeviceId): Uint8Array | undefined
  // What is said to all who have a space, and passed on by others
  /** @param ref of the space @throws HearthError `halo/keys-lost` */
  sign(ref: Uint8Array, spoken: Uint8Array): Promise<Uint8Array>
  verify(device: DeviceId, ref: Uint8Array, spoken: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** How often this device has begun to say something: what it said before counts less. @throws HearthError `store/…` */
  life(): Promise<number>
}

/** Where those meet who have a space, or an invitation: what a KUBE sees of it, and what they have to know. */
export interface Meeting {
  /** 32 bytes. */
  readonly topic: Uint8Array
  /** 32 bytes. */
  readonly secret: Uint8Array
  /** This device is there to look for somebody, and not to be called. */
  readonly isSeeking?: boolean
}

/** How far a feed has come with somebody. */
export interface Holding {
  readonly seq: number
  readonly head: string | null
  readonly rivals?: readonly string[]
}

/** What stands for entries of a space's feeds, and is here whole. */
export interface Checkpoint {
  /** A hash, as 43 characters. */
  readonly id: string
  /** As it goes to others: what it says is for those who can read it. */
  readonly head: Uint8Array
  /** Of each feed, up to which entry it stands for them. */
  readonly covers: ReadonlyMap<DeviceId, number>
  /** How many pieces there are. */
  readonly pieces: number
}

/** A checkpoint on its way here. */
export interface Arriving {
  readonly id: string
  /** How many pieces there are. */
  readonly pieces: number
  /** @returns false if it is not what the head says: then it comes from somebody who has not got it @throws HearthError `store/…` */
  take(n: number, bytes: Uint8Array): Promise<boolean>
  /** All pieces are here: what it stands for is, too, when this resolves, or it is no good. @throws HearthError `store/…` */
  end(): Promise<void>
  /** It will not be continued. Whoever waits may begin. */
  stop(): void
}

/** A space that is here, as MESH needs it. */
export interface Replica {
  readonly space: SpaceId
  /** Its name between devices, 32 bytes: that by which those know it who cannot read it. */
  readonly ref: Uint8Array
  /** The latest first. */
  readonly meetings: readonly Meeting[]
  isIn(device: DeviceId): boolean
  /**
   * Whether nobody knows the secret of this meeting but who is in, or was let in by one of those: as far as this device has heard, which
   * is as far as it would tell anything to those that it takes for members.
   */
  isOfMembers(meeting: Meeting): boolean
  // The membership log
  readonly heads: readonly string[]
  /** Entries that somebody lacks who has these and all before them; parents first. They may be read as they are gone through. */
  logSince(heads: readonly string[]): Iterable<Uint8Array> | Promise<Iterable<Uint8Array>>
  /** Of these, the ones by which a device is out, and what they build on; nothing that came after it. */
  farewell(device: DeviceId, heads: readonly string[]): readonly Uint8Array[]
  /** @throws HearthError `halo/refused`, `store/…` */
  takeLog(entries: readonly Uint8Array[]): Promise<void>
  // The feeds
  holdings(): Promise<ReadonlyMap<DeviceId, Holding>>
  /** Resolves when all that is here is durable. @throws HearthError `store/…` */
  durable(): Promise<void>
  /** How far each feed has come here. */
  readonly positions: ReadonlyMap<DeviceId, number>
  /** The same, but of this device's own as far as it counts: nobody else takes what comes after it. */
  readonly counted: ReadonlyMap<DeviceId, number>
  lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]>
  /** Entries without which others cannot be judged. */
  wanted(): Promise<readonly string[]>
  named(names: readonly string[]): Promise<readonly Uint8Array[]>
  /** Here, or refused, when it resolves. @throws HearthError `store/…` */
  receive(entries: readonly Uint8Array[]): Promise<void>
  // Checkpoints
  readonly wish: CheckpointWish
  /** The latest one that is here. */
  readonly checkpoint: Checkpoint | undefined
  /** Of each feed, the first entry that is here as such: those before it can only be given by a checkpoint. 1 where it is not named. */
  readonly floors: ReadonlyMap<DeviceId, number>
  /** @returns undefined if that checkpoint is here no more @throws HearthError `store/…` */
  piece(checkpoint: string, n: number): Promise<Uint8Array | undefined>
  /**
   * A checkpoint that somebody offers. One at a time: it waits until the one before has ended.
   * @returns undefined if it is not wanted, is no good, or the membership log that it was made by is not here
   */
  begin(head: Uint8Array): Promise<Arriving | undefined>
}

/** An entry that is here from now on, from wherever it came; durably, if it is this device's own. */
export interface Appended {
  readonly feed: DeviceId
  readonly seq: number
  readonly id: string
  readonly bytes: Uint8Array
}

/** The spaces of this device. */
export interface Replicas {
  readonly all: readonly Replica[]
  get(ref: Uint8Array): Replica | undefined
  /** Whether this device takes spaces from another one, which are not here: if that is one of this identity's. */
  takesFrom(device: DeviceId): boolean
  /** The log of such a space. @throws HearthError `halo/refused`: it is none, or not all of it; `store/…` */
  join(entries: readonly Uint8Array[]): Promise<void>
}
