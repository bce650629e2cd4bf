/** Builds Hearth, and for each system the page that the bench opens, into dist/bench/<system>/. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { peerNames, type SystemName } from './systems.js'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const dist = join(root, 'dist')
export const folderOf = (system: SystemName) => join(dist, 'bench', system)

/** Two scripts and a page, for what one device is handed of another's. */
export const remoteFolder = join(dist, 'bench', 'remote')

/** Installs the peers, in the versions that are locked. */
export function installPeers(): void {
  const cwd = join(root, 'test/bench/peers')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

export async function buildAll(systems: readonly SystemName[]): Promise<void> {
  execFileSync(process.execPath, ['esbuild.config.mjs'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (const system of systems) await buildPage(system)
  await buildRemote()
}

/** The worker's parts, in a worker of the bench's own. */
async function buildRemote(): Promise<void> {
  const source = join(root, 'test/bench/remote')
  const wasm = readdirSync(join(dist, 'hearth')).find((name) => name.endsWith('.wasm'))
  await build({
    entryPoints: [join(source, 'reader.ts'), join(source, 'page.ts')],
    entryNames: '[name]',
    outdir: remoteFolder,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    define: { __HEARTH_WASM__: JSON.stringify(wasm) },
    logLevel: 'warning',
  })
  const page =
    '<!doctype html><meta charset="utf-8" /><title>Bench: remote</title><script src="page.js"></script>'
  await writeFile(join(remoteFolder, 'index.html'), page)
}

/** Peers are plain JavaScript: their types are there only where they are installed. */
const sourceOf = (system: SystemName) =>
  join(root, 'test/bench', peerNames.some((peer) => peer === system) ? `peers/${system}` : system)

async function buildPage(system: SystemName): Promise<void> {
  const source = sourceOf(system)
  const outdir = folderOf(system)
  const scripts = ['system.ts', 'system.js', 'worker.ts', 'worker.js']
    .map((name) => join(source, name))
    .filter((path) => existsSync(path))
  await build({
    entryPoints: [...scripts, join(root, 'test/bench/page/page.ts')],
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
  await writeFile(join(outdir, 'index.html'), pageOf(system, scripts.length > 0))
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
