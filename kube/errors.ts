/**
 * What KUBE says when something is wrong: a stable code, the HTTP status it answers with, and a sentence that
 * says what to do next. Codes are part of the face: they are added to, and never change their meaning.
 */
import { SIGNAL_PATH } from '../worker/protocol/signal.js'

/** `status` is an HTTP status; 0 marks what no HTTP client meets: it goes wrong before the server listens, or on a socket. */
const table = {
  'kube/not-found': { status: 404, text: (d: { what: string }) => `There is nothing at ${d.what}.` },
  'kube/no-such-app': {
    status: 404,
    text: (d: { id: string }) =>
      `No app is called "${d.id}" here. Serve a folder with: npm start -- --app ./${d.id}`,
  },
  'kube/bad-request': { status: 400, text: () => 'The request is not valid HTTP.' },
  'kube/bad-path': { status: 400, text: () => 'The address holds a percent sign that encodes nothing.' },
  'kube/method': {
    status: 405,
    text: (d: { method: string }) => `${d.method} does nothing here. Use GET or HEAD.`,
  },
  'kube/headers-too-large': {
    status: 431,
    text: () => 'The headers are larger than 16 KiB. Send fewer or smaller ones.',
  },
  'kube/too-slow': { status: 408, text: () => 'The request took too long to arrive. Send it again.' },
  'kube/internal': { status: 500, text: () => 'The server failed on this request. Its log says why.' },
  'kube/metrics-private': {
    status: 403,
    text: () =>
      'Metrics are for this machine only, and not through a proxy. Set HEARTH_METRICS to a token, and send it as Authorization: Bearer.',
  },
  'kube/draining': {
    status: 503,
    text: () => 'This server is about to end. Use another one, or try again in a while.',
  },

  'kube/no-socket': {
    status: 404,
    text: (d: { path: string }) => `There is no WebSocket at ${d.path}. Devices connect to ${SIGNAL_PATH}.`,
  },
  'kube/bad-upgrade': {
    status: 400,
    text: () => 'This is not how a WebSocket begins. Ask with GET, Upgrade: websocket and version 13.',
  },

  'kube/usage': { status: 0, text: (d: { problem: string }) => `${d.problem} See: npm start -- --help` },
  'kube/bad-port': {
    status: 0,
    text: (d: { name: string; port: string }) =>
      `${d.name} is "${d.port}". Set it to a whole number from 0 to 65535 (0 picks a free one).`,
  },
  'kube/bad-setting': {
    status: 0,
    text: (d: { name: string; value: string; takes: string }) =>
      `${d.name} is "${d.value}". Set it to ${d.takes}.`,
  },
  'kube/config': {
    status: 0,
    text: (d: { path: string; reason: string }) =>
      `HEARTH_CONFIG names ${d.path}, which cannot be used: ${d.reason}. Name a file that holds a JSON object.`,
  },
  'kube/config-unknown': {
    status: 0,
    text: (d: { path: string; name: string; names: string }) =>
      `${d.path} has "${d.name}", which is no setting. Remove it, or write one of: ${d.names}.`,
  },
  'kube/port-in-use': {
    status: 0,
    text: (d: { port: number }) =>
      `Port ${d.port} is in use. Stop what uses it, or choose another: PORT=${d.port < 65535 ? d.port + 1 : 0} npm start`,
  },
  'kube/cannot-listen': {
    status: 0,
    text: (d: { host: string; port: number; reason: string }) =>
      `Cannot listen on ${d.host}, port ${d.port} (${d.reason}). Set HOST and PORT to what this machine allows.`,
  },
  'kube/not-built': {
    status: 0,
    text: (d: { dist: string }) => `${d.dist} holds no build. Run: npm run build`,
  },
  'kube/bad-data': {
    status: 0,
    text: (d: { path: string }) =>
      `HEARTH_DATA is ${d.path}, which is not a folder. Name a folder, or one to be made.`,
  },
  'kube/bad-origins': {
    status: 0,
    text: (d: { origin: string }) =>
      `HEARTH_ORIGINS has "${d.origin}", which is not an origin. Write them as https://notes.example,https://chat.example, or * for all.`,
  },
  'kube/bad-turn': {
    status: 0,
    text: (d: { url: string }) =>
      `HEARTH_TURN_URL has "${d.url}", which is no STUN or TURN server. Write it as turn:turn.example:3478, ` +
      'turns:turn.example:443?transport=tcp or stun:turn.example:3478, at port 53, 80, 443 or above 1023.',
  },
  'kube/many-turns': {
    status: 0,
    text: (d: { most: number }) =>
      `HEARTH_TURN_URL names more than ${d.most} servers, which makes linking slower. Name fewer.`,
  },
  'kube/turn-secret': {
    status: 0,
    text: () =>
      'HEARTH_TURN_URL names a TURN server, and HEARTH_TURN_SECRET is not set. Set it to the static-auth-secret of that server.',
  },
  'kube/turn-url': {
    status: 0,
    text: () =>
      'HEARTH_TURN_SECRET is set, and HEARTH_TURN_URL names no TURN server. Set it as well, as turn:turn.example:3478.',
  },
  'kube/app-missing': {
    status: 0,
    text: (d: { folder: string }) => `There is no folder ${d.folder}. Check what follows --app.`,
  },
  'kube/app-without-index': {
    status: 0,
    text: (d: { folder: string }) => `${d.folder} has no index.html. Add one: it is the page that opens.`,
  },
  'kube/app-name': {
    status: 0,
    text: (d: { folder: string }) =>
      `${d.folder} cannot be an app's address. Rename the folder: letters, digits and dashes, not beginning with a dot.`,
  },
  'kube/app-twice': {
    status: 0,
    text: (d: { id: string }) => `Two apps are called "${d.id}". Rename one of the folders.`,
  },

  'kube/store': {
    status: 0,
    text: (d: { path: string; reason: string }) =>
      `What is kept in ${d.path} cannot be opened (${d.reason}). Check that the folder can be written and that no other server uses it.`,
  },
  'kube/store-busy': {
    status: 0,
    text: (d: { path: string }) =>
      `Another server uses ${d.path}. End it, or set HEARTH_DATA to a folder of this one's own.`,
  },
  'kube/store-newer': {
    status: 0,
    text: (d: { path: string; theirs: number; ours: number }) =>
      `What is kept in ${d.path} was written by a newer server (${d.theirs}, this one is ${d.ours}). Update this server.`,
  },
  'kube/nothing-kept': {
    status: 0,
    text: (d: { path: string }) =>
      `There is nothing in ${d.path} that a server keeps. Check the folder, or HEARTH_DATA.`,
  },
  'kube/backup': {
    status: 0,
    text: (d: { path: string; reason: string }) =>
      `Nothing was copied to ${d.path} (${d.reason}). Name a folder that can be written, and holds none yet.`,
  },
  'kube/no-such-pass': {
    status: 0,
    text: (d: { id: string }) => `No pass is called "${d.id}". See: node dist/kube/main.js passes`,
  },
  'kube/keeper-key-full': {
    status: 0,
    text: (d: { most: number }) =>
      `This server keeps ${d.most} spaces for this key, which is as many as it may. Remove one, or raise HEARTH_KEY_SPACES.`,
  },
  'kube/keeper-not-allowed': {
    status: 0,
    text: () =>
      'This key may not have this server begin to keep a space. Give it a pass, or list it in HEARTH_ALLOW.',
  },
  'kube/keeper-full': { status: 0, text: () => 'This server keeps as much as it may.' },

  'kube/signal-origin': {
    status: 0,
    text: (d: { origin: string }) =>
      `Pages of ${d.origin} may not use this server. If it is yours, start it with ` +
      `HEARTH_ORIGINS=${/^https?:/.test(d.origin) ? d.origin : '*'} (several with commas between them).`,
  },
  'kube/signal-version': {
    status: 0,
    text: (d: { theirs: number; ours: number }) =>
      d.theirs < d.ours
        ? `This server speaks version ${d.ours} and the device ${d.theirs}. Reload the page to update Hearth.`
        : `This server speaks version ${d.ours} and the device ${d.theirs}. Update the server.`,
  },
  'kube/signal-signature': {
    status: 0,
    text: () =>
      'The signature is not by that key, or not of this challenge. Sign the one of this connection.',
  },
  'kube/signal-late': {
    status: 0,
    text: (d: { ms: number }) =>
      `The device did not say who it is within ${d.ms} ms. Check the network, and connect again.`,
  },
  'kube/signal-malformed': {
    status: 0,
    text: (d: { reason: string }) =>
      `What came is not a message of this protocol (${d.reason}). Update Hearth on the device and the server.`,
  },
  'kube/signal-turn': {
    status: 0,
    text: (d: { name: string }) =>
      `"${d.name}" was out of turn: a device says hello, once, and waits for welcome before anything else.`,
  },
  'kube/not-invited': {
    status: 0,
    text: () =>
      'To begin something here, ask whoever runs this server for an invitation to it, and use the address that it shows.',
  },
  'kube/pass-void': {
    status: 0,
    text: () =>
      'The invitation to this server was used up, or called back. Ask whoever runs it for another one.',
  },
  'kube/not-listed': {
    status: 0,
    text: (d: { key: string }) =>
      `To begin something here, ask whoever runs this server to add this device to HEARTH_ALLOW: ${d.key}`,
  },
  'kube/signal-busy': {
    status: 503,
    text: () => 'Too many devices use this server. Try again in a while, or use another server.',
  },
  'kube/signal-key-busy': {
    status: 0,
    text: (d: { most: number }) =>
      `This key has ${d.most} connections already, which is as many as it may. Close some of them.`,
  },
  'kube/signal-topics': {
    status: 0,
    text: (d: { most: number }) =>
      `The device is at ${d.most} topics already, which is as many as it may. Withdraw from some of them.`,
  },
  'kube/signal-full': {
    status: 0,
    text: () => 'This server has no room for more topics. Try again in a while, or use another server.',
  },
  'kube/signal-taken': {
    status: 0,
    text: () => 'Somebody else at this topic has that peer id. Connect again, and take a random one.',
  },
  'kube/signal-window': {
    status: 0,
    text: (d: { most: number }) =>
      `More than ${d.most} bytes were on their way to one peer. Wait for credit before sending more.`,
  },
} satisfies Record<string, { status: number; text: (details: never) => string }>

export type KubeErrorCode = keyof typeof table
type Details<C extends KubeErrorCode> = Parameters<(typeof table)[C]['text']>

/** A failure that KUBE can name. `status` is what an HTTP client is answered with, 0 if none ever sees it. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  constructor(
    readonly code: KubeErrorCode,
    message: string,
  ) {
    super(message)
    this.status = table[code].status
  }
}

/** @example throw kubeError('kube/bad-port', { port: 'http' }) */
export function kubeError<C extends KubeErrorCode>(code: C, ...details: Details<C>): KubeError {
  const text = table[code].text as (...details: Details<C>) => string
  return new KubeError(code, text(...details))
}
