/** Hooks of Node's loader, on a thread of their own. @see instead.mjs */

/** @type {Record<string, string>} */
let texts = {}

export function initialize(given) {
  texts = given
}

export async function load(url, context, next) {
  const text = texts[url.split('?')[0]]
  const loaded = await next(url, context)
  return text === undefined ? loaded : { ...loaded, source: text }
}
