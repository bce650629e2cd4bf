/**
 * From the path of a request to a file below one folder, or to nothing. Every way out of the folder that is
 * known (dots, encoded dots and slashes, backslashes, NUL, hidden files, links that lead away) ends in nothing,
 * and nothing is answered 404: whether a file exists outside is not for a stranger to learn.
 */
import type { BigIntStats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { kubeError } from './errors.js'

export interface Found {
  /** Absolute, free of links. */
  readonly path: string
  readonly stats: BigIntStats
}

/**
 * @param urlPath what follows the folder's address, still percent-encoded, as `a/b%20c.txt`
 * @returns the names on the way, decoded; undefined when one of them must not be followed
 * @throws KubeError `kube/bad-path` on a malformed escape
 */
export function safeSegments(urlPath: string): string[] | undefined {
  const segments: string[] = []
  for (const encoded of urlPath.split('/')) {
    if (encoded === '') continue
    const name = decode(encoded)
    if (isHidden(name) || /[/\\\0]/.test(name)) return undefined
    segments.push(name)
  }
  return segments
}

/** The file or folder at `segments` below `root`; undefined when there is none that may be served. */
export async function locate(root: string, segments: readonly string[]): Promise<Found | undefined> {
  try {
    const realRoot = await realpath(root)
    const path = await realpath(join(realRoot, ...segments))
    if (!isInside(realRoot, path)) return undefined
    return { path, stats: await stat(path, { bigint: true }) }
  } catch (cause) {
    if (isAbsent(cause)) return undefined
    throw cause
  }
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    throw kubeError('kube/bad-path')
  }
}

/** Also of what a link leads to: `notes.txt -> .env` shows a hidden file as surely as `.env` does. */
function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || !way.split(sep).some(isHidden)
}

const isHidden = (name: string) => name.startsWith('.')

function isAbsent(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM'].includes(code)
}
