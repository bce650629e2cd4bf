/**
 * What the service worker keeps from its first start on: every file of the build that a browser asks for, with its
 * address on the server. A file that would be left out ends the build: an app without its wasm opens, and then fails.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { getManifest } from 'workbox-build'

/** Above it workbox-build leaves a file out. Automerge's wasm has 3.7 MB, and its own limit is 2. */
const largestBytes = 16 * 1024 * 1024

/** Folders and files of the build that browsers are served; the package's own entry and the server are not. */
const served = /^(hearth\.m?js$|hearth\/|shell\/|apps\/)/
/** Nothing that a page needs: source maps are for developers, pictures for those who are about to install. */
const unneeded = /\.map$|\/screenshots\//
/** The browser fetches and keeps it by rules of its own. */
const itself = 'hearth/service-worker.js'

/**
 * @param {string} dist folder of the build
 * @param {number} [largest] bytes; a larger file is an error
 * @returns {Promise<{ files: { url: string, integrity: string }[], bytes: number }>} in order of
 *   their addresses, and what they weigh together
 * @throws Error that names every file that would be dropped
 */
export async function precacheManifest(dist, largest = largestBytes) {
  const wanted = await wantedFiles(dist)
  const { manifestEntries, size, warnings } = await getManifest({
    globDirectory: dist,
    globPatterns: wanted,
    globIgnores: [],
    maximumFileSizeToCacheInBytes: largest,
    manifestTransforms: [withIntegrity(dist)],
  })
  const listed = new Set(manifestEntries.map(({ url }) => url))
  const dropped = wanted.filter((file) => !listed.has(addressOf(file)))
  if (warnings.length > 0 || dropped.length > 0)
    throw new Error(
      [
        'The service worker would not keep every file.',
        ...warnings,
        ...dropped.map((file) => `Left out: ${file}`),
      ].join('\n'),
    )
  return { files: manifestEntries.sort((a, b) => (a.url < b.url ? -1 : 1)), bytes: size }
}

async function wantedFiles(dist) {
  const entries = await readdir(dist, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(join(dist, '/').length))
    .map((path) => path.split(sep).join('/'))
    .filter((path) => served.test(path) && !unneeded.test(path) && path !== itself)
    .sort()
}

/** Where the server has it: the shell is at the root, and a folder's page is the folder. */
const addressOf = (file) => `/${file.replace(/^shell\//, '')}`.replace(/\/index\.html$/, '/')

/**
 * A release may be put on the server while a browser fetches the one before: a file of the wrong one must not be
 * kept under the name of the right one.
 */
const withIntegrity = (dist) => async (manifest) => ({
  warnings: [],
  manifest: await Promise.all(
    manifest.map(async ({ url, size }) => {
      const sha256 = createHash('sha256')
        .update(await readFile(join(dist, url)))
        .digest('base64')
      return { url: addressOf(url), integrity: `sha256-${sha256}`, size }
    }),
  ),
})
