/** Why a device is out that nobody has put out: whoever let it in had lost the right to, and had not heard of that. */
import type { DeviceId } from '../../protocol/ids.js'
import type { LogEntryId } from './actions.js'
import type { MembershipLog } from './log.js'

const RESTRICTING = ['remove-member', 'revoke-device', 'set-role', 'rebind-member'] as const

/**
 * Entries by which a device is out that had heard of its admissions and of nothing else: one, if one is enough.
 * @param told that it hears of beside; if it is out by those, there are none
 */
export function undoingOf(
  log: MembershipLog,
  device: DeviceId,
  admissions: readonly LogEntryId[],
  told: readonly LogEntryId[],
): readonly LogEntryId[] {
  const isOutBy = (ends: readonly LogEntryId[]) =>
    !log.stateAt([...admissions, ...told, ...ends]).devices.has(device)
  if (isOutBy([])) return []
  // What was written in knowledge of an admission leaves it as it is.
  const unaware = RESTRICTING.flatMap((t) => log.standing(t))
    .map(({ entry }) => entry.id)
    .filter((id) => !admissions.every((admission) => log.includes([id], admission)))
  const alone = unaware.find((id) => isOutBy([id]))
  if (alone) return [alone]
  if (!isOutBy(unaware)) return []
  return unaware.reduce<readonly LogEntryId[]>((needed, id) => {
    const without = needed.filter((one) => one !== id)
    return isOutBy(without) ? without : needed
  }, unaware)
}
