/**
 * The apps that this KUBE hosts: those of the build, then the folders named with `--app`. What an app is called is
 * read from its page when it is asked for, so that a page whose title changes is listed under the new one.
 */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CachedFiles } from './cached-files.js'
import { kubeError } from './errors.js'
import { locate, safeSegments } from './paths.js'
import type { Page } from './page.js'

export interface App {
  /** The folder's name, and the last part of the address. */
  readonly id: string
  /** Absolute path. */
  readonly folder: string
  readonly realm: 'built' | 'hosted'
}

/** One element of `/hearth/apps.json`. */
export interface AppInfo {
  readonly id: string
  readonly name: string
  /** Path from where the KUBE is on its origin, percent-encoded, as `/apps/tasks/`. */
  readonly url: string
  /** Path as that. */
  readonly icon?: string
  readonly description?: string
}

/**
 * @param dist folder of the build
 * @param folders absolute paths
 * @throws KubeError `kube/app-missing`, `kube/app-without-index`, `kube/app-name`, `kube/app-twice`
 */
export async function findApps(dist: string, folders: readonly string[]): Promise<App[]> {
  const built = join(dist, 'apps')
  const apps: App[] = (await namesIn(built))
    .sort()
    .map((id) => ({ id, folder: join(built, id), realm: 'built' as const }))
  for (const folder of folders) {
    const id = basename(folder)
    const found = await locate(folder, [])
    if (!found?.stats.isDirectory()) throw kubeError('kube/app-missing', { folder })
    if (id === '' || safeSegments(encodeURIComponent(id))?.[0] !== id)
      throw kubeError('kube/app-name', { folder })
    if (!(await indexOf(folder))) throw kubeError('kube/app-without-index', { folder })
    if (apps.some((app) => app.id === id)) throw kubeError('kube/app-twice', { id })
    apps.push({ id, folder, realm: 'hosted' })
  }
  return apps
}

/** What the shell shows. An app whose page has gone since the start is left out. */
export async function describeApps(apps: readonly App[], files: CachedFiles): Promise<AppInfo[]> {
  const described = await Promise.all(apps.map((app) => describe(app, files)))
  return described.filter((info) => info !== undefined)
}

export const appUrl = (id: string) => `/apps/${encodeURIComponent(id)}/`

async function describe({ id, folder }: App, files: CachedFiles): Promise<AppInfo | undefined> {
  const index = await indexOf(folder)
  const page = index && (await files.read(index)).page
  if (!page) return undefined
  const url = appUrl(id)
  const manifest = await readManifest(folder, url, page)
  const icon = manifest.icon ?? ownPath(page.icon, url)
  const description = manifest.description ?? page.description
  return {
    id,
    name: manifest.name ?? page.title ?? id,
    url,
    ...(icon && { icon }),
    ...(description && { description }),
  }
}

const indexOf = async (folder: string) => {
  const index = await locate(folder, ['index.html'])
  return index?.stats.isFile() ? index : undefined
}

/** A manifest that is absent, elsewhere or not JSON only means that the page speaks for itself. */
async function readManifest(
  folder: string,
  url: string,
  page: Page,
): Promise<{ name?: string; description?: string; icon?: string }> {
  const address = ownPath(page.manifest, url)
  if (!address?.startsWith(url)) return {}
  try {
    const segments = safeSegments(address.slice(url.length))
    const found = segments && (await locate(folder, segments))
    if (!found || found.stats.size > 64n * 1024n) return {}
    const manifest: unknown = JSON.parse(await readFile(found.path, 'utf8'))
    const name = stringAt(manifest, 'short_name') ?? stringAt(manifest, 'name')
    const description = stringAt(manifest, 'description')
    const icons = (manifest as { icons?: unknown } | null)?.icons
    const icon = ownPath(Array.isArray(icons) ? stringAt(icons[0], 'src') : undefined, address)
    return { ...(name && { name }), ...(description && { description }), ...(icon && { icon }) }
  } catch {
    return {}
  }
}

/** The path that `address`, written on the page at `base`, has on this origin; undefined if it leads elsewhere. */
function ownPath(address: string | undefined, base: string): string | undefined {
  const origin = 'http://kube.invalid'
  if (!address || !URL.canParse(address, origin + base)) return undefined
  const url = new URL(address, origin + base)
  return url.origin === origin ? url.pathname : undefined
}

function stringAt(value: unknown, key: string): string | undefined {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  return typeof found === 'string' && found.trim() !== '' ? found.trim() : undefined
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw cause
  }
}
