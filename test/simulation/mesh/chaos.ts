/** What goes wrong between devices and KUBEs: as much of it as is asked for, at any time. */
export interface Chaos {
  /** Of frames that a KUBE relays, how many are lost, come twice, come late, are spoilt, or come again much later. */
  lost: number
  twice: number
  late: number
  spoilt: number
  replayed: number
  /** Longest way between a device and a KUBE, in milliseconds. */
  delayMs: number
  /** Devices on one side of a wall, by name: no frame passes it. */
  walls: ReadonlySet<string>
}

export const calm = (): Chaos => ({
  ...{ lost: 0, twice: 0, late: 0, spoilt: 0, replayed: 0, delayMs: 40 },
  walls: new Set(),
})
