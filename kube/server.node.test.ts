import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { startServer } from './server.js'
import { get, makeFixture } from './testing/fixture.js'

test('serves shell, apps and runtime with their types', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  for (const [path, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/apps/tasks/', 'text/html; charset=utf-8'],
    ['/hearth.js', 'text/javascript; charset=utf-8'],
    ['/hearth.mjs', 'text/javascript; charset=utf-8'],
    ['/hearth/worker.js', 'text/javascript; charset=utf-8'],
    ['/hearth/automerge-0a1b2c3d.wasm', 'application/wasm'],
  ] as const) {
    const { status, headers } = await get(server, path)
    assert.deepEqual([path, status, headers['content-type']], [path, 200, type])
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
  }
})

test('an address without its slash leads to the one with it, query kept', async () => {
  await using fixture = await makeFixture()
  await fixture.write('my notes/index.html', '<title>Mine</title>')
  await fixture.write('my notes/deep/index.html', '<title>Deep</title>')
  const server = await fixture.serve('my notes')
  const app = await get(server, '/apps/my%20notes?a=1')
  assert.deepEqual([app.status, app.headers.location], [308, '/apps/my%20notes/?a=1'])
  const deep = await get(server, '/apps/my%20notes/deep')
  assert.deepEqual([deep.status, deep.headers.location], [308, '/apps/my%20notes/deep/'])
  assert.equal((await get(server, '/apps/my%20notes/deep/')).status, 200)
  assert.equal((await get(server, '/apps/my%20notes/index.html/')).status, 404)
})

test('only the runtime is for other origins', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  for (const path of ['/hearth.js', '/hearth.mjs', '/hearth/worker.js', '/hearth/automerge-0a1b2c3d.wasm']) {
    const { headers } = await get(server, path)
    assert.equal(headers['access-control-allow-origin'], '*', path)
    assert.equal(headers['cross-origin-resource-policy'], 'cross-origin', path)
  }
  for (const path of ['/', '/home-4FQ2X7AB.js', '/apps/tasks/', '/hearth/apps.json', '/nothing']) {
    const { headers } = await get(server, path)
    assert.equal(headers['access-control-allow-origin'], undefined, path)
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', path)
  }
})

test('a page gets its policy, and the worker may compile wasm', async () => {
  await using fixture = await makeFixture()
  await fixture.write(
    'mine/index.html',
    '<button onclick="go()">Go</button><script>function go() {}</script>',
  )
  const server = await fixture.serve('mine')
  const page = (await get(server, '/apps/mine/')).headers['content-security-policy'] as string
  assert.match(page, /script-src 'self' 'sha256-[^']+' 'unsafe-hashes' 'sha256-[^']+';/)
  assert.doesNotMatch(page, /wasm-unsafe-eval/)
  const worker = (await get(server, '/hearth/worker.js')).headers['content-security-policy'] as string
  assert.match(worker, /script-src 'self' 'wasm-unsafe-eval';.*/)
  assert.match(worker, /connect-src 'self' https: wss:/)
})

test('what the build named by its content is kept for ever, the rest is asked for again', async () => {
  await using fixture = await makeFixture()
  await fixture.write('mine/index.html', '<title>Mine</title>')
  await fixture.write('mine/photo-20240101.jpg', 'not really')
  const server = await fixture.serve('mine')
  const cache = async (path: string) => (await get(server, path)).headers['cache-control']
  assert.match((await cache('/home-4FQ2X7AB.js'))!, /immutable/)
  assert.match((await cache('/hearth/automerge-0a1b2c3d.wasm'))!, /immutable/)
  for (const path of [
    '/',
    '/hearth.js',
    '/hearth/worker.js',
    '/hearth/apps.json',
    '/apps/mine/photo-20240101.jpg',
  ]) {
    assert.equal(await cache(path), 'no-cache', path)
  }
})

test('an unchanged file is answered 304, also when a proxy weakened its tag', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const etag = (await get(server, '/')).headers.etag!
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const { status, headers, body } = await get(server, '/', { 'If-None-Match': tag })
    assert.deepEqual([status, body.length, headers.etag], [304, 0, etag], tag)
    assert.ok(headers['content-security-policy'], 'a 304 renews the headers of what is cached')
  }
  assert.equal((await get(server, '/', { 'If-None-Match': '"other"' })).status, 200)
})

test('an edited page shows on the next reload', async () => {
  await using fixture = await makeFixture()
  await fixture.write('mine/index.html', '<title>1</title>')
  const server = await fixture.serve('mine')
  let etag: string | undefined
  for (const title of ['1', '2', '3', '4', '5']) {
    await fixture.write('mine/index.html', `<title>${title}</title>`)
    const { status, body, headers } = await get(server, '/apps/mine/', etag ? { 'If-None-Match': etag } : {})
    assert.deepEqual([status, body.toString()], [200, `<title>${title}</title>`])
    etag = headers.etag
  }
})

test('compresses for those who accept it, brotli first, each form under its own tag', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const plain = await get(server, '/hearth.js')
  const brotli = await get(server, '/hearth.js', { 'Accept-Encoding': 'gzip, deflate, br' })
  const gzip = await get(server, '/hearth.js', { 'Accept-Encoding': 'gzip, br;q=0' })
  assert.equal(plain.headers['content-encoding'], undefined)
  assert.equal(brotli.headers['content-encoding'], 'br')
  assert.equal(gzip.headers['content-encoding'], 'gzip')
  assert.ok(brotli.body.length < plain.body.length / 2)
  assert.deepEqual(brotliDecompressSync(brotli.body), plain.body)
  assert.deepEqual(gunzipSync(gzip.body), plain.body)
  assert.equal(new Set([plain, brotli, gzip].map(({ headers }) => headers.etag)).size, 3)
  for (const { headers } of [plain, brotli, gzip]) assert.equal(headers.vary, 'Accept-Encoding')
})

test('HEAD gives the headers alone; other methods are refused with a code', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const head = await get(server, '/hearth.js', {}, 'HEAD')
  assert.deepEqual([head.status, head.body.length], [200, 0])
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    const { status, headers, body } = await get(server, '/', {}, method)
    assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method)
    assert.equal(JSON.parse(body.toString()).code, 'kube/method')
  }
})

test('an absent file is said in JSON to a program and in HTML to a person, markup escaped', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const { status, body } = await get(server, '/apps/nope/')
  assert.deepEqual([status, JSON.parse(body.toString()).code], [404, 'kube/no-such-app'])
  const page = await get(server, '/apps/%3Cimg%20src%3Dx%3E/', { Accept: 'text/html' })
  assert.match(page.headers['content-type']!, /html/)
  assert.match(page.headers['content-security-policy'] as string, /script-src 'self';/)
  assert.doesNotMatch(page.body.toString(), /<img/)
})

test('what is not HTTP is answered with a code and ends nothing', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const port = Number(new URL(server.url).port)
  for (const [sent, status, code] of [
    ['\x16\x03\x01 not http\r\n\r\n', 400, 'kube/bad-request'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'kube/headers-too-large'],
  ] as const) {
    const socket = connect(port, '127.0.0.1')
    socket.write(sent)
    const answer = (await socket.setEncoding('utf8').toArray()).join('')
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `) && answer.includes(`"${code}"`), answer)
  }
  const { status, body } = await get(server, '/%')
  assert.deepEqual([status, JSON.parse(body.toString()).code], [400, 'kube/bad-path'])
  assert.equal((await get(server, '/')).status, 200)
})

test('headers that trickle in are cut off after five seconds', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const dripping = setInterval(() => socket.write('X-Slow: 1\r\n'), 500)
  const began = Date.now()
  const answer = (await socket.setEncoding('utf8').toArray()).join('')
  clearInterval(dripping)
  assert.match(answer, /^HTTP\/1\.1 408 .*"kube\/too-slow"/s)
  assert.ok(Date.now() - began < 8_000)
})

test('a port in use, or a build that is missing, is one line', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const port = Number(new URL(server.url).port)
  await assert.rejects(startServer({ dist: fixture.dist, port }), {
    code: 'kube/port-in-use',
    message: /PORT=\d+ npm start/,
  })
  await assert.rejects(startServer({ dist: fixture.root }), {
    code: 'kube/not-built',
    message: /npm run build/,
  })
})

test('close ends open connections, and may be called twice', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.resume()
  await Promise.all([once(socket, 'close'), server.close()])
  await server.close()
  await assert.rejects(get(server, '/'), { code: 'ECONNREFUSED' })
})

test('a large file does not wait for its compression, which later visitors get', async () => {
  await using fixture = await makeFixture()
  await fixture.write('dist/hearth/large-4FQ2X7AB.wasm', Buffer.alloc(3_000_000, 'wasm '))
  const server = await fixture.serve()
  const load = () => get(server, '/hearth/large-4FQ2X7AB.wasm', { 'Accept-Encoding': 'br' })
  const first = await load()
  assert.deepEqual([first.headers['content-encoding'], first.body.length], [undefined, 3_000_000])
  for (let tries = 0; tries < 100; tries++) {
    const { headers, body } = await load()
    if (headers['content-encoding'] === undefined) continue
    assert.deepEqual(brotliDecompressSync(body), first.body)
    return
  }
  assert.fail('never compressed')
})

test('the service worker may serve the whole origin, is asked for again each time, and is for this origin only', async () => {
  await using fixture = await makeFixture()
  await fixture.write('dist/hearth/service-worker.js', 'onfetch = () => {}')
  const server = await fixture.serve()
  const { status, headers } = await get(server, '/hearth/service-worker.js')
  assert.deepEqual(
    [status, headers['service-worker-allowed'], headers['cache-control']],
    [200, '/', 'no-cache'],
  )
  assert.match(headers['content-type']!, /javascript/)
  assert.equal(headers['access-control-allow-origin'], undefined)
  assert.equal((await get(server, '/hearth/worker.js')).headers['service-worker-allowed'], undefined)
})

test('says that it is well, to be asked again each time', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const { status, headers, body } = await get(server, '/healthz')
  assert.deepEqual([status, JSON.parse(body.toString())], [200, { ok: true }])
  assert.match(headers['content-type']!, /json/)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['access-control-allow-origin'], undefined)
})
