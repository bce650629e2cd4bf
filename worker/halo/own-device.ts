/** This device, as its spaces see it. */
import type { DeviceId, IdentityId } from '../protocol/ids.js'
import type { DeviceKeys } from './suite/device-keys.js'
import type { Recovery } from './suite/recovery.js'

export interface OwnDevice {
  readonly id: DeviceId
  /** Another one, once it has joined another. */
  identity: IdentityId
  /** Found and tried when somebody first asks. @throws HearthError `halo/keys-lost` */
  keys(): Promise<DeviceKeys>
  /** What recovery words stand for, by the identities whose words are kept here: 32 bytes each. */
  readonly recovery: Map<IdentityId, Uint8Array>
  /** What the words of its identity can do, if they are among these. */
  words(): Promise<Recovery | undefined>
}
