/** What it takes to link with one device directly, whatever becomes of the link. */
import type { IceServer } from '../../protocol/hosting.js'
import type { Hosts, MeshPlatform, StaticKey } from '../platform.js'

export interface Linking {
  readonly platform: MeshPlatform
  readonly hosts: Hosts
  /** Of the two devices, this one calls, and begins. */
  readonly isCaller: boolean
  /** Servers that may be used now to find a way. */
  ice(): readonly IceServer[]
  staticKey(): Promise<StaticKey>
}
