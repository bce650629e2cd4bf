/**
 * Who may use this KUBE: `HEARTH_ALLOW`. A device is known here by the key that it has for this KUBE and no other. Who may not can be here all the same, but goes only
 * where somebody has gone who may: to topics, which nobody knows without having it from those who meet there, and to spaces that are kept. So whoever
 * may use it can share with everybody. Decision 24.
 */
import { kubeError, type KubeError } from '../errors.js'
import type { Database } from '../replicas/database.js'
import { isAllowed, usePass } from './passes.js'

/** A list is of keys, as base64url. */
export type Allow = 'anyone' | 'invited' | readonly string[]

const KEY = /^[\w-]{43}$/

/** @param parts what is between commas; undefined, if it is none of these */
export function readAllow(parts: readonly string[]): Allow | undefined {
  if (parts.length === 1 && (parts[0] === 'anyone' || parts[0] === 'invited')) return parts[0]
  return parts.length > 0 && parts.every((part) => KEY.test(part)) ? parts : undefined
}

export class Access {
  constructor(
    private readonly allow: Allow = 'anyone',
    /** Where passes are kept. */
    private readonly database?: Database,
  ) {}

  get isForAll(): boolean {
    return this.allow === 'anyone'
  }

  /** @param key as base64url @param pass that it has shown, if it has */
  async allows(key: string, pass: Uint8Array | undefined): Promise<boolean> {
    if (this.allow === 'anyone') return true
    if (this.allow !== 'invited') return this.allow.includes(key)
    if (!this.database) return false
    return pass ? usePass(this.database, key, pass) : isAllowed(this.database, key)
  }

  /** What somebody is told who may not. @param hasPass it has shown one, which is good for nothing */
  refusal(key: string, hasPass: boolean): KubeError {
    if (this.allow === 'invited') return kubeError(hasPass ? 'kube/pass-void' : 'kube/not-invited')
    return kubeError('kube/not-listed', { key })
  }
}
