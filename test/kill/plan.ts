/** What can go wrong, and what is going on meanwhile: the two sides of the matrix. */
export const loads = ['idle', 'typing', 'bulk', 'first-load'] as const
/** `first-load`: the fault comes while the first tabs are opening. */
export type Load = (typeof loads)[number]

export const faultNames = [
  'kill-browser',
  'crash-tab',
  'crash-creator',
  'close-creator',
  'freeze-tab',
  'end-worker',
  'newer-build',
  'older-build',
  'close-last',
  'storage-full',
  'storage-cleared',
  'connection-lost',
] as const
export type FaultName = (typeof faultNames)[number]

export interface Cell {
  readonly fault: FaultName
  readonly load: Load
}

/**
 * @param only `fault/load`, either of which may be left out: `crash-tab`, `crash-tab/typing`, `/bulk`; several with
 * commas between them
 * @throws Error that says what there is
 */
export function cellsOf(only = ''): Cell[] {
  const wanted = only.split(',').map((one) => one.trim().split('/'))
  for (const [fault = '', load = ''] of wanted) {
    if (fault && !(faultNames as readonly string[]).includes(fault))
      throw new Error(`There is no fault "${fault}"; there are ${faultNames.join(', ')}.`)
    if (load && !(loads as readonly string[]).includes(load))
      throw new Error(`There is no load "${load}"; there are ${loads.join(', ')}.`)
  }
  return faultNames
    .flatMap((fault) => loads.map((load) => ({ fault, load })))
    .filter((cell) =>
      wanted.some(([fault, load]) => (!fault || fault === cell.fault) && (!load || load === cell.load)),
    )
}
