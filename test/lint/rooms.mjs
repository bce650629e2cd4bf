/** Who may import whom: the table of ARCHITECTURE.md, with the reasons. */
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

/**
 * The first line whose `room` a file lies in counts, so inner rooms come before outer ones.
 * A room is a folder, or one file without its ending.
 *
 * @typedef {object} Room
 * @property {string} room
 * @property {readonly string[]} may rooms it may import
 * @property {readonly string[]} [types] rooms of which it may import types only
 * @property {readonly string[]} [packages] packages it may import; without it, any
 * @property {boolean} [node] whether it may import `node:` modules
 * @property {string} why
 */

/** @type {readonly Room[]} */
export const rooms = [
  {
    room: 'worker/protocol',
    may: [],
    packages: [],
    why: 'the contracts are a leaf: they run in tabs, workers and servers alike, and import nothing',
  },
  {
    room: 'worker/store',
    may: ['worker/protocol'],
    why: 'the contract of the store is a leaf: ECHO and HALO write to it, platforms implement it',
  },
  {
    room: 'worker/echo',
    may: ['worker/protocol', 'worker/store'],
    why: 'ECHO, HALO and MESH never import each other or a platform: each declares the small interface that it needs, and runtime.ts supplies it',
  },
  {
    room: 'worker/halo',
    may: ['worker/protocol', 'worker/store'],
    why: 'ECHO, HALO and MESH never import each other or a platform: each declares the small interface that it needs, and runtime.ts supplies it',
  },
  {
    room: 'worker/mesh',
    may: ['worker/protocol'],
    why: 'ECHO, HALO and MESH never import each other or a platform: each declares the small interface that it needs, and runtime.ts supplies it',
  },
  {
    room: 'worker/platform',
    may: ['worker/protocol', 'worker/store'],
    types: ['worker/runtime', 'worker/mesh/platform'],
    why: 'a platform implements the interfaces that the systems declare; it is handed to the runtime by an entry',
  },
  {
    room: 'worker/shared-worker',
    may: ['worker/protocol', 'worker/platform', 'worker/runtime'],
    why: 'an entry joins a platform and the runtime, and does nothing else',
  },
  {
    room: 'worker/offline',
    may: ['worker/protocol'],
    why: 'the service worker holds no data state: it has nothing to do with the runtime',
  },
  {
    room: 'worker/service-worker',
    may: ['worker/protocol', 'worker/offline'],
    why: 'the service worker holds no data state: it has nothing to do with the runtime',
  },
  {
    room: 'worker',
    may: ['worker/protocol', 'worker/store', 'worker/echo', 'worker/halo', 'worker/mesh'],
    why: 'the runtime runs on any platform (browser, Node, simulation), so it is given one and imports none',
  },
  {
    room: 'client/sharing',
    may: ['worker/protocol', 'client'],
    packages: ['lean-qr'],
    why: 'it is loaded when something is first shared, so that it may draw QR codes; otherwise it is as thin as the client',
  },
  {
    room: 'client/peer-host',
    may: ['worker/protocol'],
    packages: ['simple-peer'],
    why: 'it is loaded when a tab is first to hold a direct link, so that others do not pay for what makes one',
  },
  {
    room: 'client',
    may: ['worker/protocol', 'client/sharing', 'client/peer-host'],
    packages: ['comlink'],
    why: 'a tab is thin: it speaks to the worker through the contracts, and every byte it loads is paid on every page',
  },
  {
    room: 'shell/design',
    may: [],
    packages: ['lit'],
    why: 'how things look (tokens, icons, theme) knows nothing of data, so that the shell and every app can share it',
  },
  {
    room: 'shell/sharing',
    may: ['client/index', 'shell/design'],
    packages: ['lit'],
    why: 'the dialogs of sharing are the same on the first page and in apps, so they may know no more than an app: the public API',
  },
  {
    room: 'shell/apps',
    may: ['client/index', 'shell/design', 'shell/sharing'],
    packages: ['@hearth/client', 'lit'],
    why: 'the apps show what anybody can build: of data they know the public API only',
  },
  {
    room: 'shell',
    may: ['client', 'worker/protocol', 'shell/design', 'shell/sharing'],
    packages: ['lit'],
    why: 'the shell sees the data plane as a tab does, through the client; the worker is not its business',
  },
  {
    room: 'kube',
    may: ['worker/protocol', 'worker/echo', 'worker/halo', 'worker/mesh', 'worker/runtime'],
    node: true,
    why: 'a server runs the same runtime on a platform of its own, never on that of the browser',
  },
  { room: 'test', may: ['worker', 'client', 'shell', 'kube'], node: true, why: '' },
]

const isIn = (path, room) => path === room || path.startsWith(`${room}/`) || path.startsWith(`${room}.`)
const roomOf = (path) => rooms.find(({ room }) => isIn(path, room))

/**
 * @param {string} file path from the root, as `worker/echo/feeds.ts`
 * @param {string} specifier as written: `./x.js`, `node:fs`, `idb/with-async-ittr`
 * @param {boolean} typesOnly
 * @returns {string | undefined} what is wrong with it, and why
 */
export function judge(file, specifier, typesOnly) {
  const from = roomOf(file)
  // A test beside the source may reach for what it needs to see.
  if (!from || from.room === 'test' || file.endsWith('.test.ts')) return undefined
  const refuse = (what) => `${from.room} may not import ${what}: ${from.why}.`
  if (specifier.startsWith('node:')) return from.node ? undefined : refuse(`"${specifier}"`)
  if (!specifier.startsWith('.')) {
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    return !from.packages || from.packages.includes(name) ? undefined : refuse(`the package "${name}"`)
  }
  const target = relative(root, resolve(root, dirname(file), specifier))
    .split(sep)
    .join('/')
  if (isIn(target, 'test')) return `Nothing imports test/ ("${target}"): test code must never reach a user.`
  const to = roomOf(target)
  if (!to || to === from) return undefined
  const allowed = typesOnly ? [...from.may, ...(from.types ?? [])] : from.may
  if (allowed.some((room) => isIn(target, room))) return undefined
  return refuse(`"${target}"${from.types?.some((room) => isIn(target, room)) ? ' except as types' : ''}`)
}
