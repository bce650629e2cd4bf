/** Types of objects that are Hearth's own: in the personal space, for all devices of an identity, and shown to no app. */
const OWN = 'hearth/'

/** What the personal space keeps of another one: `worker/belongings.ts`. */
export const SPACE_TYPE = `${OWN}space`
/** A KUBE that keeps the space in which this is: `worker/keeping.ts`. */
export const HOST_TYPE = `${OWN}host`
/** What leads from the recovery words to this very space, where a KUBE keeps it: `worker/capsules.ts`. */
export const CAPSULE_TYPE = `${OWN}capsule`
/** The recovery words, locked by a passkey: `worker/passkeys.ts`. */
export const PASSKEY_TYPE = `${OWN}passkey`
/** Whether entries are kept that a checkpoint stands for: `worker/history.ts`. */
export const HISTORY_KEPT_TYPE = `${OWN}history-kept`
export const HISTORY_DROPPED_TYPE = `${OWN}history-dropped`

export const isOwnType = (type: string): boolean => type.startsWith(OWN)
