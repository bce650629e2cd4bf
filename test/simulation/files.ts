/** What a device needs to write a space to a file, and to take one from there. */
import { randomBytes } from 'node:crypto'
import { Capsules } from '../../worker/capsules.js'
import { OwnObjects } from '../../worker/own-objects.js'
import type { Exporting } from '../../worker/transfer/exporting.js'
import type { Importing } from '../../worker/transfer/importing.js'
import { webCrypto as platform } from '../suite-platforms.js'
import type { Device } from './people-and-feeds.js'

export function transferring({ halo, echo }: Pick<Device, 'halo' | 'echo'>): Importing & Exporting {
  const objects = new OwnObjects(halo, echo)
  const capsules = new Capsules(platform, halo, objects)
  return { platform, halo, echo, objects, capsules, random: randomBytes }
}
