/**
 * What a broken or hostile page may say to the worker. These run in a page that does not load Hearth and speaks to the
 * worker by hand, as `worker/protocol/rpc.ts` has it, and Comlink for requests.
 */

/** Names of the things that are said; `say` says one of them. */
export const sayings = [
  ...([
    'text',
    'nothing',
    'number',
    'list',
    'no-path',
    'path-of-numbers',
    'constructor',
    'prototype',
  ] as const),
  ...(['set-method', 'release', 'endless-path', 'unknown-type', 'wrong-handler'] as const),
  ...([
    'hello-of-nothing',
    'hello-without-client',
    'hello-of-another-time',
    'hello-twice',
    'requests-without-port',
  ] as const),
  ...(['frame-text', 'frame-nothing', 'frame-of-nothings', 'frame-without-seen', 'message-unknown'] as const),
  ...([
    'batch-skipped',
    'batch-of-no-space',
    'batch-items-text',
    'batch-proto',
    'batch-cycle',
    'batch-nan',
  ] as const),
  ...(['op-list-beyond', 'op-list-negative', 'op-text-beyond', 'op-half-a-pair', 'op-move-beyond'] as const),
  ...([
    'op-increment-text',
    'op-increment-half',
    'op-put-in-text',
    'op-totext-list',
    'op-into-the-void',
  ] as const),
  ...([
    'op-unknown-object',
    'op-of-nonsense',
    'op-path-proto',
    'query-nonsense',
    'query-deep',
    'query-flood',
  ] as const),
  ...(['load-nonsense', 'bytes', 'function-like-getters', 'too-many-messages'] as const),
] as const
export type Saying = (typeof sayings)[number]

/**
 * @param saying or `well-formed`: a batch as a tab sends it, which shows that all others get as far
 * @param space id of a space, and `object` of an object in it, that belong to other tabs
 */
export async function say({
  saying,
  space,
  object,
}: {
  saying: Saying | 'well-formed'
  space: string
  object: string
}): Promise<void> {
  const { port } = new SharedWorker('/hearth/worker.js', { name: 'hearth' })
  port.start()
  const id = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => 'abcdefghijklmnop'[byte & 15]).join('')
  // An id is 128 bits in base64url: 22 characters.
  const client = `${id()}AAAAAA`.slice(0, 21) + 'A'
  const hello = { rpc: 1, build: 'garbage', client, app: 'Mallory', held: true }
  /** Attaches as a tab should, so that what follows reaches the session. */
  const attach = async (): Promise<MessagePort> => {
    // Without its lock a tab counts as closed.
    await new Promise<void>((held) => {
      void navigator.locks.request(`hearth:tab:${client}`, { ifAvailable: true }, () => {
        held()
        return new Promise(() => {})
      })
    })
    const answered = new Promise((resolve) => port.addEventListener('message', resolve, { once: true }))
    port.postMessage(hello)
    await answered
    return port
  }
  /** A port on which the worker serves requests. */
  const comlink = async (): Promise<MessagePort> => {
    const { port1, port2 } = new MessageChannel()
    ;(await attach()).postMessage({ seen: 0, m: [{ t: 'requests', port: port2 }] }, [port2])
    return port1
  }
  const raw = async (message: unknown) => (await comlink()).postMessage(message)
  const call = (path: unknown, args: unknown[]) =>
    raw({ id: id(), type: 'APPLY', path, argumentList: args.map((value) => ({ type: 'RAW', value })) })
  const frame = async (...m: unknown[]) => (await attach()).postMessage({ seen: 0, m })
  const batch = (items: unknown, over = {}) => frame({ t: 'batch', n: 1, space, items, ...over })
  const op = (...ops: unknown[]) => batch(ops.map((op) => ({ id: object, op })))
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const newObject = (value: unknown) => [{ id: client, type: 'garbage', value }]
  let deep: Record<string, unknown> = { a: 1 }
  // As deep as a message can be at all.
  for (let n = 0; n < 800; n++) deep = { not: deep }

  const said: Record<Saying | 'well-formed', () => unknown> = {
    'well-formed': () => batch([{ id: client, type: 'by hand', value: { n: 1 } }]),
    text: () => port.postMessage('hello?'),
    nothing: () => port.postMessage(null),
    number: () => port.postMessage(NaN),
    list: () => port.postMessage([1, [2, [3]]]),
    'no-path': () => raw({ id: id(), type: 'APPLY' }),
    'path-of-numbers': () => call([1, 2, 3], []),
    constructor: () => call(['constructor'], ['return 1']),
    prototype: () =>
      raw({ id: id(), type: 'SET', path: ['__proto__', 'polluted'], value: { type: 'RAW', value: 1 } }),
    'set-method': () =>
      raw({ id: id(), type: 'SET', path: ['createSpace'], value: { type: 'RAW', value: 1 } }),
    release: () => raw({ id: id(), type: 'RELEASE', path: [] }),
    'endless-path': () =>
      call(
        Array.from({ length: 100_000 }, () => 'createSpace'),
        [],
      ),
    'unknown-type': () => raw({ id: id(), type: 'EXPLODE', path: [] }),
    'wrong-handler': () =>
      raw({
        id: id(),
        type: 'APPLY',
        path: ['createSpace'],
        argumentList: [{ type: 'HANDLER', name: 'nobody', value: 1 }],
      }),
    'hello-of-nothing': () => port.postMessage({}),
    'hello-without-client': () => port.postMessage({ ...hello, client: 'nobody' }),
    'hello-of-another-time': () => port.postMessage({ ...hello, rpc: 99 }),
    'hello-twice': async () => {
      await attach()
      port.postMessage(hello)
    },
    'requests-without-port': () => frame({ t: 'requests', port: 'no port' }),
    'frame-text': async () => (await attach()).postMessage('frame'),
    'frame-nothing': async () => (await attach()).postMessage(undefined),
    'frame-of-nothings': () => frame(null, undefined, 0),
    'frame-without-seen': async () => (await attach()).postMessage({ m: [] }),
    'message-unknown': () => frame({ t: 'explode' }),
    'batch-skipped': () => batch(newObject({ a: 1 }), { n: 7 }),
    'batch-of-no-space': () => batch(newObject({ a: 1 }), { space: client }),
    'batch-items-text': () => batch('items'),
    'batch-proto': () => batch(newObject(JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}'))),
    'batch-cycle': () => batch(newObject(cycle)),
    'batch-nan': () => batch(newObject({ a: NaN, b: Infinity, c: 10n, d: new Map([[1, 2]]), e: undefined })),
    'op-unknown-object': () => batch([{ id: client, op: { t: 'put', at: ['a'], v: 1 } }]),
    'op-list-beyond': () => op({ t: 'list', at: ['list'], i: 1e6, n: 1e6, v: ['beyond'] }),
    'op-list-negative': () => op({ t: 'list', at: ['list'], i: -1, n: -1, v: ['before'] }),
    'op-text-beyond': () => op({ t: 'text', at: ['body'], i: 1e6, n: 1e6, v: 'beyond' }),
    'op-half-a-pair': () =>
      op(
        { t: 'text', at: ['body'], i: 1, n: 1, v: '' },
        { t: 'text', at: ['body'], i: 0, n: 0, v: '\ud83d' },
      ),
    'op-move-beyond': () =>
      op({ t: 'move', at: ['list'], i: 0, to: 1e6 }, { t: 'move', at: ['list'], i: 1e6, to: 0 }),
    'op-increment-text': () => op({ t: 'inc', at: ['body'], n: 1 }),
    'op-increment-half': () => op({ t: 'inc', at: ['n'], n: 0.5 }),
    'op-put-in-text': () =>
      op({ t: 'put', at: ['body', 0], v: 'x' }, { t: 'put', at: ['body', 'length'], v: 0 }),
    'op-totext-list': () => op({ t: 'totext', at: ['list'] }, { t: 'totext', at: [] }),
    'op-into-the-void': () => op({ t: 'put', at: ['no', 'such', 'field'], v: 1 }, { t: 'del', at: [] }),
    'op-of-nonsense': () => op({ t: 'text', at: ['body'], i: 'one', n: null, v: 7 }, { t: 'explode' }, null),
    'op-path-proto': () => op({ t: 'put', at: ['__proto__', 'polluted'], v: 1 }),
    'query-nonsense': () =>
      frame({ t: 'query', q: 'one', spec: null }, { t: 'query', q: 2, spec: { orderBy: 7 } }),
    'query-deep': () => frame({ t: 'query', q: 1, spec: { where: deep } }),
    'query-flood': () => frame(...Array.from({ length: 5_000 }, (_, q) => ({ t: 'query', q, spec: {} }))),
    'load-nonsense': () => frame({ t: 'load', q: 1, id: { toString: 1 } }, { t: 'unwatch', ids: 'all' }),
    bytes: async () => (await attach()).postMessage(new Uint8Array(1_000_000)),
    'function-like-getters': () => frame({ t: 'toString' }, { t: '__proto__' }, { t: 'constructor' }),
    'too-many-messages': async () =>
      (await attach()).postMessage({ seen: 0, m: Array.from({ length: 200_000 }, () => ({ t: 'seen' })) }),
  }
  await said[saying]()
}
