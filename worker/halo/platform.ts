/** What HALO needs of the world around it, beside a store. */
import type { SuitePlatform } from './suite/platform.js'

export interface HaloPlatform extends SuitePlatform {
  /** Milliseconds since 1970: shown to people, never compared by the machine. */
  now(): number
  /** What people would call this device, as far as the platform can tell. */
  deviceName(): string
}
