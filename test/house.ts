/** The files of the project as they stand on disk, without what is installed, built or stored. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './runner/files.js'

const elsewhere = new Set(['.git', 'node_modules', 'dist', '.hearth', 'test-results'])

/** Paths from the root, with forward slashes; folders end in a slash. */
export function housePaths(folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (elsewhere.has(entry.name)) return []
    const path = folder + entry.name
    return entry.isDirectory() ? [`${path}/`, ...housePaths(`${path}/`)] : [path]
  })
}

export const inHouse = (path: string): boolean => existsSync(join(root, path))
