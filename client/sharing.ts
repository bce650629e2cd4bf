/** Inviting others, following invitations, coming back by recovery words, and waiting for others to have what was written here. Loaded when it is first needed. */
import { generate } from 'lean-qr'
import { toSvgSource } from 'lean-qr/extras/svg'
import { HearthError } from '../worker/protocol/errors.js'
import { newId, type SpaceId } from '../worker/protocol/ids.js'
import type { InvitationState, JoinState } from '../worker/protocol/facts.js'
import type { ImportOutcome, OpenInvitation } from '../worker/protocol/session-api.js'
import type { Home } from './home.js'
import type { Space } from './space.js'
import { Told } from './told.js'
import type { ImportOptions, Invitation, InvitationOptions, JoinOptions, RecoverOptions } from './types.js'

const EXPIRES_MS = 600_000
const SYNCED_MS = 30_000
/** A KUBE that is to keep something may take so long to be reached, in milliseconds. */
const HOST_MS = 12_000
/** What was written gets so long to be durable, in milliseconds. */
const EXPORT_MS = 30_000
/** What a space is called comes so long after it at most, in milliseconds. */
const NAMED_MS = 2_000
/** One request of the worker waits no longer than this, in milliseconds. */
const SLICE_MS = 5_000

/** @param space null: another device of this identity */
export async function invite(
  home: Home,
  space: SpaceId | null,
  options: InvitationOptions = {},
): Promise<Invitation> {
  const { again, ...terms } = options
  const { id, link, code, state } = again
    ? await home.call('openInvite', space)
    : await make(home, space, terms)
  return {
    ...{ link, code, qr: () => toSvgSource(generate(link), { on: 'currentColor' }) },
    state: new Told<InvitationState>(home.facts, ['invitation', id], state),
    cancel: () => home.call('cancelInvite', id),
  }
}

async function make(
  home: Home,
  space: SpaceId | null,
  { role = 'editor', uses = 1, expiresMs = EXPIRES_MS, code = true }: Omit<InvitationOptions, 'again'>,
): Promise<OpenInvitation> {
  const kube = kubeOf(home)
  const info = await home.call('invite', { space, role, uses, expiresMs, code, kube })
  return { ...info, state: { at: 'waiting', used: 0, uses, wrong: 0, expiresAt: Date.now() + expiresMs } }
}

export const join = (home: Home, link: string, options: JoinOptions = {}): Promise<Space> =>
  entering(home, options, (id) => home.call('join', id, link, options.code))

/** @param by 24 words, or what a passkey answers */
export function recover(home: Home, by: string | Uint8Array, options: RecoverOptions = {}): Promise<Space> {
  const kubes = kubesOf(home, options.kube)
  return entering(home, options, (id) => home.call('recover', id, by, kubes))
}

/** @param begin what lets this device in somewhere, by an id that it is asked for with */
async function entering(
  home: Home,
  { onState, signal }: Pick<JoinOptions, 'onState' | 'signal'>,
  begin: (id: string) => Promise<void>,
): Promise<Space> {
  signal?.throwIfAborted()
  const id = newId<string>()
  const state = new Told<JoinState>(home.facts, ['joining', id], { at: 'connecting' })
  await begin(id)
  const cancel = () => void home.call('cancelJoin', id).catch(() => undefined)
  signal?.addEventListener('abort', cancel)
  let last = ''
  try {
    for await (const now of state) {
      if (now.at !== last) onState?.(now)
      last = now.at
      if (now.at === 'done' || now.at === 'failed') break
    }
    const joined = await home.call('joined', id)
    const space = home.getSpace(joined) ?? (await appears(home, joined))
    // This device is of another identity now: whoever reads it next reads that.
    if (space.info.value.personal)
      for await (const { id } of home.identity) if ((id as string) === joined) break
    return space
  } finally {
    signal?.removeEventListener('abort', cancel)
    state.close()
  }
}

/** @throws HearthError as `Space.export` */
export async function exportSpace(home: Home, space: SpaceId): Promise<Blob> {
  // What this tab has written goes with it.
  await home.writes.settled(space, EXPORT_MS)
  const job = newId<string>()
  await home.call('exportSpace', job, space)
  return (await outcomeOf(home, job)) as Blob
}

/** @throws HearthError as `Home.import` */
export async function importSpace(
  home: Home,
  file: Blob,
  { copy = false, words, kube }: ImportOptions = {},
): Promise<Space> {
  const job = newId<string>()
  const by = words === undefined ? undefined : { words, kubes: kubesOf(home, kube) }
  await home.call('importSpace', job, file, copy, by)
  const [id, name] = (await outcomeOf(home, job)) as ImportOutcome
  const space = home.getSpace(id) ?? (await appears(home, id))
  // A new one has its name when all is in it.
  for (const end = Date.now() + NAMED_MS; name !== undefined && space.name !== name && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10))
  return space
}

/** Of work that takes as long as there is much to do. */
async function outcomeOf(home: Home, job: string): Promise<unknown> {
  for (;;) {
    const outcome = await home.call('outcome', job)
    if (outcome) return outcome[0]
  }
}

/** What the worker answers can be here before what it tells. */
async function appears(home: Home, id: SpaceId): Promise<Space> {
  for await (const spaces of home.spaces) {
    const space = spaces.find((one) => one.id === id)
    if (space) return space
  }
  throw new Error('unreachable')
}

/** That of `open`, or the one that the script came from; null means none. */
const kubeOf = ({ kube }: Home): string | null =>
  kube === undefined ? (ownKube(import.meta.url) ?? new URL(import.meta.url).origin) : kube

function kubesOf(home: Home, kube: RecoverOptions['kube'] = kubeOf(home) ?? []): readonly string[] {
  return typeof kube === 'string' ? [kube] : kube
}

/** Of a file that lies where a KUBE has it; in an app that was bundled, it lies anywhere. */
const ownKube = (file: string) => /^(.*)\/hearth\/[^/]*$/.exec(file)?.[1]

/** @throws HearthError as `Space.addHost` */
export async function addHost(
  { home, id }: Space,
  url = kubeOf(home),
  isAll: boolean | undefined,
): Promise<void> {
  if (url === null) throw new HearthError('mesh/no-kube')
  const end = Date.now() + HOST_MS
  for (;;) {
    try {
      return await home.call('addHost', id, url, isAll)
    } catch (e) {
      if ((e as HearthError).code !== 'mesh/host-away' || Date.now() > end) throw e
    }
  }
}

/** @throws HearthError `mesh/timeout`; as `Space.flush` */
export async function synced(space: Space, { timeoutMs = SYNCED_MS } = {}): Promise<void> {
  await space.flush()
  const { home, id } = space
  for (let left = timeoutMs; ; left -= SLICE_MS)
    try {
      return await home.call('synced', id, Math.min(left, SLICE_MS))
    } catch (e) {
      if ((e as { code?: string }).code !== 'mesh/timeout' || left <= SLICE_MS) throw e
    }
}
