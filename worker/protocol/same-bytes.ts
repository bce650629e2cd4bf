/** Whether two strings of bytes are the same, in a time that depends on their lengths only. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  // defence: compared-length
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}
