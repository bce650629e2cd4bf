/** The handshakes that Hearth uses, written as Noise (revision 34, §7 and §9) writes them. */

/**
 * `XX`: neither knows the other's static key, and both learn it. `IK`: the initiator knows the responder's, and its first
 * payload is encrypted already. `XXpsk3`: as `XX`, and both must know a secret of 32 bytes.
 */
export type Pattern = 'XX' | 'IK' | 'XXpsk3'

/** A key that travels, two keys that are agreed on (the initiator's first), or the secret that both know. */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk'

/** What each message is made of, before its payload. The initiator writes the first, and then they take turns. */
export const patterns: Record<Pattern, readonly (readonly Token[])[]> = {
  XX: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']],
  IK: [
    ['e', 'es', 's', 'ss'],
    ['e', 'ee', 'se'],
  ],
  XXpsk3: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']],
}

export const protocolName = (pattern: Pattern): string => `Noise_${pattern}_25519_AESGCM_SHA256`
