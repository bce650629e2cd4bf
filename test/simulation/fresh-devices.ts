/** Devices for the tests of one file: each with a seed of its own, and none of them outlives the file. */
import { after } from 'node:test'
import { automerge, type Setting } from './device.js'
import { Device } from './people-and-feeds.js'

/** @param seed of the first one, less 10 */
export function freshDevices(seed: number) {
  const all: Device[] = []
  after(() => all.forEach(({ life }) => life.stop()))
  /** Stopped at the end, as those that are made here. */
  const keep = (device: Device): Device => {
    all.push(device)
    return device
  }
  const fresh = async (setting?: Setting): Promise<Device> => {
    await automerge()
    return keep(await Device.fresh((seed += 10), setting))
  }
  return { fresh, keep }
}
