/** Which version of the protocol is spoken with a device: the newest that both know. It says its own in the address. */
import { OLDEST_SIGNAL_VERSION, SIGNAL_VERSION } from '../../worker/protocol/signal.js'

/** @param address as it was asked for, `/hearth/signal?v=2`; the first version said nothing */
export function versionFor(address: string | undefined): number {
  const [, version] = /[?&]v=(\d{1,6})(?:&|$)/.exec(address ?? '') ?? []
  const theirs = version === undefined ? 1 : Number(version)
  return Math.min(Math.max(theirs, OLDEST_SIGNAL_VERSION), SIGNAL_VERSION)
}
