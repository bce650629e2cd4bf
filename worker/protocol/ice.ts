/**
 * Addresses of STUN and TURN servers: `stun:host`, `turn:host:3478?transport=tcp`, `turns:host:443`. A TURN server that is reached over UDP
 * is asked for what a STUN server tells as well. Firefox knows no `stuns:`.
 */
const SHAPE =
  /^(?<scheme>stun|turns?):(?<host>\[[\dA-Fa-f:.]{2,45}\]|[\dA-Za-z][\dA-Za-z.-]{0,252})(?::(?<port>\d{1,5}))?(?<query>\?transport=(?:udp|tcp))?$/

/** Browsers speak TURN at no other port below 1024; so nobody has a device knock at doors that are not meant for it. */
const LOW_PORTS = [53, 80, 443]

/** @returns undefined if it is no address of such a server, or a browser would not take it for one */
export function schemeOfIce(url: string): 'stun' | 'turn' | undefined {
  const { scheme, host, port, query } = SHAPE.exec(url)?.groups ?? {}
  // What is no address of a host is one to no browser.
  if (!URL.canParse(`http://${host}`)) return undefined
  const kind = scheme?.slice(0, 4)
  const at = port === undefined ? 3478 : Number(port)
  if (at > 65535 || (at < 1024 && !LOW_PORTS.includes(at))) return undefined
  if (kind === 'turn') return 'turn'
  return kind === 'stun' && query === undefined ? 'stun' : undefined
}
