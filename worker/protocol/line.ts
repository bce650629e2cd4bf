/**
 * A MessagePort from a tab to the worker of another one, which no browser hands over: its messages go over a
 * BroadcastChannel of their own, one for each port. Both ends see a real port, so nothing else need know.
 */
import { newId } from './ids.js'

/** BroadcastChannel on which tabs call the worker of the elected one (`CallMessage`). */
export const CALLS = 'hearth:calls'
/** Held by the tab whose worker serves the others. */
export const ELECTED_LOCK = 'hearth:elected'
/** Names of a tab's worker: an ordinary one, and one that takes the store from an owner that says nothing any more. */
export const TAB_WORKER = 'hearth'
export const HEIR = 'hearth:heir'
/** Held by a tab's worker as long as it lives; its tab then starts the next one. */
export const tabWorkerLock = (instance: string) => `hearth:tab-worker:${instance}`

export type CallMessage =
  /** A tab wants a line of this name. Repeated until it is open; a name that is known is not answered again. */
  | { readonly t: 'call'; readonly line: string }
  /** A worker listens from now on: call again. */
  | { readonly t: 'ready' }
  /** Is the elected tab there? */
  | { readonly t: 'who' }
  /** It is, or has just become it. */
  | { readonly t: 'here' }

/** What goes over a line. */
type Packet =
  /** The worker's end is there: what was held back may go. */
  | { readonly t: 'open' }
  /** A message, and the name of a further line where a port goes with it. */
  | { readonly t: 'message'; readonly data: unknown; readonly line?: string }

/** As far as a line looks into what it carries. */
interface Carried {
  readonly m?: readonly { readonly t?: string }[]
}

export interface LineEvents {
  /** Of the tab's end: the worker's end is there. Without it, this is the worker's end. */
  readonly opened?: () => void
  /** Something has come. */
  readonly heard?: () => void
  /** The last message has gone. */
  readonly closed?: () => void
}

/**
 * Carries what comes out of `port` to the other end of the line, and back.
 * @param id 22 characters, known to both ends
 * @returns hangs up
 */
export function layLine(port: MessagePort, id: string, { opened, heard, closed }: LineEvents): () => void {
  const channel = new BroadcastChannel(`hearth:line:${id}`)
  const further: (() => void)[] = []
  let held: Packet[] | undefined = opened && []
  const say = (packet: Packet) => void (held ? held.push(packet) : channel.postMessage(packet))
  const lay = (inner: MessagePort, name: string) =>
    void further.push(layLine(inner, name, opened ? { opened: () => undefined } : {}))
  const hangUp = () => {
    channel.close()
    port.onmessage = null
    for (const end of further) end()
    closed?.()
  }
  port.onmessage = ({ data, ports: [inner] }) => {
    if (inner) {
      const line = newId()
      lay(inner, line)
      say({ t: 'message', data: without(data), line })
    } else say({ t: 'message', data })
    if (isLast(data)) hangUp()
  }
  channel.onmessage = ({ data: packet }: MessageEvent<Packet>) => {
    heard?.()
    if (packet.t === 'open') {
      const waiting = held ?? []
      held = undefined
      waiting.forEach(say)
      return opened?.()
    }
    const { data, line } = packet
    if (line) {
      const { port1, port2 } = new MessageChannel()
      lay(port1, line)
      port.postMessage(withPort(data, port2), [port2])
    } else port.postMessage(data)
    if (isLast(data)) hangUp()
  }
  if (!opened) say({ t: 'open' })
  return hangUp
}

/** `requests` is the one message that takes a port along; a BroadcastChannel refuses to carry it. */
const without = (data: Carried) => ({
  ...data,
  m: data.m?.map((message) => (message.t === 'requests' ? { t: 'requests' } : message)),
})
const withPort = (data: unknown, port: MessagePort) => ({
  ...(data as Carried),
  m: (data as Carried).m?.map((message) => (message.t === 'requests' ? { t: 'requests', port } : message)),
})

/** After these a stream has ended. */
const isLast = (data: unknown) => /^(moved|end)$/.test((data as Carried | null)?.m?.at?.(-1)?.t ?? '')
