/** What is taken for the address of a STUN or TURN server is one to browsers, too: of a single one that is not, they refuse the whole configuration. */
import { assert } from 'chai'
import { schemeOfIce } from './ice.js'

/** Browsers do not make so many of them. */
const connection = new RTCPeerConnection()

const refusal = (urls: string): string | undefined => {
  try {
    connection.setConfiguration({ iceServers: [{ urls, username: 'name', credential: 'password' }] })
    return undefined
  } catch (e) {
    return String(e)
  }
}

const HOSTS = [
  ...[
    'turn.example',
    'localhost',
    'a',
    'A.Example',
    'xn--bcher-kva.example',
    'a-b.example',
    '10.0.0.1',
    '203.0.113.7',
  ],
  ...['[::1]', '[2001:db8::1]', '[::ffff:1.2.3.4]', '[::]', '[fe80::1]'],
  ...[
    'a..b',
    '-a',
    'a-',
    '.',
    'a.',
    '1.2.3',
    '999.1.1.1',
    '1.2.3.4.5',
    '0x7f.1',
    '4294967296',
    '1',
    'a'.repeat(253),
  ],
  ...[
    '[]',
    '[:]',
    '[:::]',
    '[1]',
    '[1.2.3.4]',
    '[1:2:3:4:5:6:7:8:9]',
    '[::1::]',
    '[12345::]',
    '[.]',
    '[a.b]',
    '[f.f]',
  ],
  ...['', 'a_b', 'ä', 'a b', 'a@b', 'a/b', '//a', '%41', 'a#b', 'a\n', 'a:'],
]
const PORTS = [
  '',
  ':3478',
  ':0',
  ':1',
  ':22',
  ':53',
  ':80',
  ':443',
  ':1024',
  ':65535',
  ':65536',
  ':00443',
  ':',
  ':x',
]
const QUERIES = [
  '',
  '?transport=udp',
  '?transport=tcp',
  '?transport=TCP',
  '?transport=sctp',
  '?',
  '?transport=',
  '?a=b',
]

describe('addresses of STUN and TURN servers', () => {
  it('are taken by this browser, if they are taken at all', () => {
    const wrong: string[] = []
    let taken = 0
    for (const scheme of ['stun', 'stuns', 'turn', 'turns', 'TURN', 'http', ''])
      for (const host of HOSTS)
        for (const port of PORTS)
          for (const query of QUERIES) {
            const url = `${scheme}:${host}${port}${query}`
            if (!schemeOfIce(url)) continue
            taken++
            const why = refusal(url)
            if (why) wrong.push(`${url}: ${why}`)
          }
    assert.deepEqual(wrong.slice(0, 12), [])
    assert.isAbove(taken, 500)
  })

  it('as people write them, are taken', () => {
    for (const [url, scheme] of [
      ['stun:stun.example', 'stun'],
      ['stun:stun.example:53', 'stun'],
      ['turn:203.0.113.7:3478', 'turn'],
      ['turn:turn.example?transport=tcp', 'turn'],
      ['turns:[2001:db8::1]:443?transport=tcp', 'turn'],
    ])
      assert.equal(schemeOfIce(url!), scheme, url)
  })
})
