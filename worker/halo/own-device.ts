/** This device, as its spaces see it. */
import type { DeviceId, IdentityId } from '../protocol/ids.js'
import type { DeviceKeys } from './suite/device-keys.js'

export interface OwnDevice {
  readonly id: DeviceId
  /** Another one, once it has joined another. */
  identity: IdentityId
  /** Found and tried when somebody first asks. @throws HearthError `halo/keys-lost` */
  keys(): Promise<DeviceKeys>
}
