import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../runner/files.js'

/** @param file path from the project's root */
export function save(file: string, bytes: Buffer): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), bytes)
  console.log(`${file}: ${(bytes.length / 1000).toFixed(1)} kB`)
}
