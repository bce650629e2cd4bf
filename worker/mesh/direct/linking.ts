/** What it takes to link with one device directly, whatever becomes of the link. */
import type { Hosts, MeshPlatform, StaticKey } from '../platform.js'

export interface Linking {
  readonly platform: MeshPlatform
  readonly hosts: Hosts
  /** Of the two devices, this one calls, and begins. */
  readonly isCaller: boolean
  staticKey(): Promise<StaticKey>
}
