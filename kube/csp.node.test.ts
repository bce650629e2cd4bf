import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { pagePolicy } from './csp.js'
import { readPage } from './page.js'

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const scriptSources = (html: string) =>
  pagePolicy(readPage(html))
    .split('; ')
    .find((directive) => directive.startsWith('script-src'))!
    .split(' ')
    .slice(1)

test('a page without inline code runs only the scripts of its origin', () => {
  assert.deepEqual(scriptSources('<script src="/hearth.js"></script><p>onclick="x()"</p>'), [`'self'`])
})

test('inline scripts are hashed as the browser sees them', () => {
  assert.deepEqual(scriptSources('<script>\r\n  go()\r\n</script><script type="module">go()</script >'), [
    `'self'`,
    hash('\n  go()\n'),
    hash('go()'),
  ])
})

test('a hash known to every browser comes out the same', () => {
  // From the Content Security Policy specification, §8.4.
  assert.ok(
    scriptSources(`<script>alert('Hello, world.');</script>`).includes(
      `'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='`,
    ),
  )
})

test('markup inside a script, a comment or a text area is not a second script', () => {
  const tricky = `<script>const s = "<!-- <script>"; // </script> -->\n</script>`
  assert.deepEqual(scriptSources(tricky).slice(1), [hash(`const s = "<!-- <script>"; // </script> -->\n`)])
  assert.deepEqual(scriptSources('<!-- <script>a()</script> --><textarea><script>b()</script></textarea>'), [
    `'self'`,
  ])
})

test('scripts in templates and in SVG are hashed too', () => {
  const sources = scriptSources(
    '<template><script>a()</script></template><svg><script>b(1 &lt; 2)</script></svg>',
  )
  assert.deepEqual(sources.slice(1), [hash('a()'), hash('b(1 < 2)')])
})

test('handler attributes are hashed with their entities resolved, each once', () => {
  const html = `<button onclick="say(&quot;hi&quot;)"></button><button ONCLICK='say("hi")'></button><form onsubmit=add()></form>`
  assert.deepEqual(scriptSources(html), [`'self'`, `'unsafe-hashes'`, hash('say("hi")'), hash('add()')])
})

test('a script that is twice on the page is named once', () => {
  assert.deepEqual(scriptSources('<script>a()</script><script>a()</script>'), [`'self'`, hash('a()')])
})

test('the rest of the policy keeps the page to its origin, and unframed', () => {
  const policy = pagePolicy(readPage('<p>')).split('; ')
  for (const directive of [
    `default-src 'self'`,
    `style-src 'self' 'unsafe-inline'`,
    `connect-src 'self' https: wss:`,
    `img-src 'self' data: blob:`,
    `frame-ancestors 'self'`,
    `object-src 'none'`,
    `base-uri 'self'`,
  ]) {
    assert.ok(policy.includes(directive), directive)
  }
})

test('a page nested deeper than any stack is read', () => {
  assert.equal(scriptSources('<b>'.repeat(200_000) + '<script>a()</script>').length, 2)
})
