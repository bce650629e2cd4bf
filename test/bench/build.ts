/** Builds Hearth, and for each system the page that the bench opens, into dist/bench/<system>/. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { SystemName } from './systems.js'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const dist = join(root, 'dist')
export const folderOf = (system: SystemName) => join(dist, 'bench', system)

export async function buildAll(systems: readonly SystemName[]): Promise<void> {
  execFileSync(process.execPath, ['esbuild.config.mjs'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (const system of systems) await buildPage(system)
}

async function buildPage(system: SystemName): Promise<void> {
  const source = join(
    root,
    'test/bench',
    ['floor', 'hearth', 'blank'].includes(system) ? system : `peers/${system}`,
  )
  const outdir = folderOf(system)
  const names = ['system', 'worker'].filter((name) => existsSync(join(source, `${name}.ts`)))
  await build({
    entryPoints: [...names.map((name) => join(source, `${name}.ts`)), join(root, 'test/bench/page/page.ts')],
    entryNames: '[name]',
    outdir,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    loader: { '.wasm': 'file' },
    logLevel: 'warning',
  })
  await mkdir(outdir, { recursive: true })
  await writeFile(join(outdir, 'index.html'), pageOf(system, names.includes('system')))
}

/** The script that is the system comes first; what the bench adds to every page, after it. */
const pageOf = (system: SystemName, hasSystem: boolean) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Bench: ${system}</title>
    <link rel="icon" href="data:," />
    ${system === 'hearth' ? '<script src="/hearth.js"></script>' : ''}
    ${hasSystem ? '<script src="./system.js"></script><script src="./page.js"></script>' : ''}
  </head>
  <body></body>
</html>
`
