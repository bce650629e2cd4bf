/** Whether a server keeps a space, in words. */
import type { Space } from './api.js'

type Host = Space['hosts']['value'][number]

const refusals: Record<string, string> = {
  'mesh/host-full': 'No room on the server',
  'mesh/host-quota': 'The server keeps no more spaces for you',
  'mesh/host-not-allowed': 'The server asks for a pass',
  'mesh/host-denied': 'Not taken by the server',
  'mesh/host-forgot': 'Deleted on the server',
}

/** Why no server keeps it that was asked; undefined, if one does, or none has refused. */
export function refusalOf(hosts: readonly Host[]): string | undefined {
  const isGood = hosts.some(({ state }) => state === 'kept' || state === 'syncing')
  return isGood ? undefined : hosts.find(({ state }) => state === 'refused')?.code
}

export const isKept = (hosts: readonly Host[]): boolean => hosts.some(({ state }) => state === 'kept')

/** Of those that were asked, one at least. */
export function keptWords(hosts: readonly Host[]): string {
  if (isKept(hosts)) return 'Kept safe'
  if (hosts.some(({ state }) => state === 'syncing')) return 'Being copied…'
  const refusal = refusalOf(hosts)
  return refusal === undefined ? 'Server not reached' : (refusals[refusal] ?? 'Not kept there')
}
