/** A way from this device to another one, which somebody in between may read, change or cut: frames of bytes. */
export interface Link {
  readonly kind: 'relayed' | 'direct'
  /** Of a direct one: the tab that holds it. */
  readonly host?: string
  readonly isOpen: boolean
  /** Bytes that it takes now without making anybody keep them. */
  readonly room: number
  /** There is room again, or more of it. */
  onRoom: () => void
  /** Takes frames, also those that came before it was set. */
  set onFrame(run: (frame: Uint8Array) => void)
  /** Once; nothing comes after it. */
  onClosed: () => void
  send(frame: Uint8Array): void
  close(): void
}

/** What may come on a link before a handshake has ended on it, at most, in bytes: more than a KUBE carries at once. */
export const MAX_EARLY = 1 << 20

export const silent = (): void => undefined
