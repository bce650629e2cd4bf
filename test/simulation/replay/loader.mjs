/** Hooks of Node's loader, on a thread of their own: `curves.ts` is loaded for whoever asks for the library, except for itself. */

const LIBRARY = '@noble/curves/ed25519.js'
const instead = new URL('./curves.ts', import.meta.url).href

export async function resolve(specifier, context, next) {
  const isOwn = context.parentURL?.split('?')[0] === instead
  return next(specifier === LIBRARY && !isOwn ? instead : specifier, context)
}
