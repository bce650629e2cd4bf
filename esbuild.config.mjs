/**
 * Every bundle, into dist/ as KUBE serves it and npm publishes it:
 *
 *   hearth.js, hearth.mjs           what a page loads: the client and the shell's button
 *   hearth/worker.js, *.wasm        the runtime of an origin, at one well-known path
 *   hearth/<name>-<hash>.js         what a tab loads when it is first needed
 *   hearth/service-worker.js        last of all: it knows every file that the others made
 *   client/index.js                 the package's entry for bundlers
 *   shell/…, apps/<name>/…          pages, their scripts and styles named by content
 *   kube/main.js                    the server, its packages left in node_modules
 *
 * It prints what each weighs, says how far a tab is from its budget, and fails when that gets worse.
 */
import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { minify } from 'terser'
import { precacheManifest } from './esbuild.precache.mjs'

/** Brotli bytes of hearth.js: all that the script tag costs a tab, Comlink and the button included. */
const tabBudgetBytes = 10_000
/** Where it stands today: the build fails above it, and it is lowered as the bundle shrinks. */
const tabCeilingBytes = 16_200
const dist = 'dist'
/** "./name" in a src or href of a page; what lies in install/ keeps its name, as the manifest there has it. */
const localReference = /((?:src|href)=")\.\/(?!install\/)([^"]+)(?=")/g

const wasmSource = 'node_modules/@automerge/automerge/dist/automerge.wasm'
const wasm = await readFile(wasmSource)
const wasmName = `automerge-${createHash('sha256').update(wasm).digest('hex').slice(0, 8)}.wasm`

/** Builds are ordered by their text: base 36 of milliseconds keeps its 8 digits until 2059. */
const { version } = JSON.parse(await readFile('package.json', 'utf8'))
const builtAtMs = process.env.SOURCE_DATE_EPOCH ? Number(process.env.SOURCE_DATE_EPOCH) * 1000 : Date.now()
const buildId = `${version}+${builtAtMs.toString(36)}`

const common = {
  // Modules are ordered by their paths: wherever node_modules is, and a link to it, the same source gives the same bytes.
  preserveSymlinks: true,
  bundle: true,
  minify: true,
  sourcemap: 'external',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  define: { __HEARTH_BUILD__: JSON.stringify(buildId), __HEARTH_WASM__: JSON.stringify(wasmName) },
}

/** Metafiles of what is imported when first needed, by source. */
const lazyBuilds = new Map()
/** For what tabs load. */
const tab = {
  ...common,
  define: { ...common.define, __HEARTH_TAB__: 'true' },
  plugins: [lazily()],
}

/** Only what this file makes: dist/types is the compiler's, with its notes on what is up to date. */
for (const made of [
  'hearth',
  'hearth.js',
  'hearth.js.map',
  'hearth.mjs',
  'hearth.mjs.map',
  'client',
  'shell',
  'apps',
  'kube',
]) {
  await rm(join(dist, made), { recursive: true, force: true })
}

await Promise.all([
  build({
    ...common,
    // A classic script, so that a one-line worker file of another origin can importScripts it.
    entryPoints: { 'hearth/worker': 'worker/shared-worker.ts' },
    // A running worker reads this line to learn whether a newer one lies here.
    banner: { js: `/*! hearth ${buildId} */` },
    format: 'iife',
    outdir: dist,
  }),
  build({
    ...tab,
    // A classic script has no import.meta, and knows its own address only while it is run for the first time.
    define: { ...tab.define, 'import.meta.url': 'hearthAt' },
    // Assigned, not declared: a page may write `const hearth = …` of its own at the top of a script.
    stdin: {
      contents: `import * as hearth from './drop-in.js'; globalThis.hearth = hearth`,
      resolveDir: 'shell',
      sourcefile: 'hearth.js',
    },
    // A classic script. With the format "iife" esbuild would add a `require` for what is imported later.
    format: 'esm',
    banner: { js: '(()=>{const hearthAt=new URL(".",document.currentScript?.src||location.href).href;' },
    footer: { js: '})()' },
    outfile: join(dist, 'hearth.js'),
  }),
  build({ ...tab, entryPoints: ['shell/drop-in.ts'], format: 'esm', outfile: join(dist, 'hearth.mjs') }),
  build({
    ...tab,
    // Bundled into an app, it lies anywhere: the origin's own runtime is the page's.
    define: { ...tab.define, 'import.meta.url': 'location.origin' },
    entryPoints: ['client/index.ts'],
    format: 'esm',
    outfile: join(dist, 'client/index.js'),
  }),
  build({
    ...common,
    entryPoints: ['kube/main.ts'],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    minify: false,
    outfile: join(dist, 'kube/main.js'),
  }),
  ...['commits.mjs', 'sums.mjs', 'check.mjs'].map((name) =>
    copy(join('kube/replicas', name), join(dist, 'kube', name)),
  ),
  copy(wasmSource, join(dist, 'hearth', wasmName)),
  // Under its own name as well: browsers ask for /favicon.ico, whatever the page says.
  copy('shell/favicon.svg', join(dist, 'shell/favicon.svg')),
  buildPages('shell', join(dist, 'shell')),
  ...(await appNames()).map((name) => buildPages(join('shell/apps', name), join(dist, 'apps', name))),
])

// Terser knows more ways to say a thing shortly: 5 % of what every tab loads.
await Promise.all(['hearth.js', 'hearth.mjs'].map((name) => squeeze(join(dist, name))))

const { files, bytes } = await precacheManifest(dist)
await build({
  ...common,
  entryPoints: { 'hearth/service-worker': 'worker/service-worker.ts' },
  format: 'iife',
  outdir: dist,
  define: {
    ...common.define,
    __HEARTH_FILES__: JSON.stringify(files),
    __HEARTH_BYTES__: String(bytes),
    'process.env.NODE_ENV': '"production"',
  },
})

const weights = await weigh()
printWeights(weights)
const hearth = weights.find(({ name }) => name === 'hearth.js')
if (hearth.brotli > tabBudgetBytes)
  console.warn(
    `hearth.js is ${(hearth.brotli / tabBudgetBytes).toFixed(2)} times the budget of a tab (${tabBudgetBytes} bytes).`,
  )
if (hearth.brotli > tabCeilingBytes) {
  console.error(
    `hearth.js grew to ${hearth.brotli} bytes in brotli; it may only shrink (${tabCeilingBytes}). Make it smaller.`,
  )
  process.exitCode = 1
}

async function squeeze(file) {
  const [code, map] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.map`, 'utf8')])
  // A classic script of another origin resolves what it imports against nothing, unless it is told against what.
  const placed = file.endsWith('.mjs')
    ? code
    : code.replaceAll(/\bimport\("\.\/([^"]+")\)/g, 'import(hearthAt+"$1)')
  const { text, named } = unnamed(placed)
  const squeezed = await minify(text, {
    ecma: 2022,
    module: true,
    compress: { passes: 3, unsafe_arrows: true, keep_fargs: false, pure_getters: true },
    sourceMap: { content: map, filename: basename(file) },
  })
  await Promise.all([writeFile(file, named(squeezed.code)), writeFile(`${file}.map`, squeezed.map)])
}

/**
 * With other digits where the time of the build and the hashes of parts stand. Terser gives the shortest names the letters that are frequent
 * already, and the same code would come out up to 40 bytes longer at another time.
 */
function unnamed(code) {
  const hashes = []
  const text = code
    .replaceAll(buildId, `${version}+${'0'.repeat(8)}`)
    .replaceAll(/-[0-9A-Z]{8}(?=\.js\b)/g, (hash) => {
      hashes.push(hash)
      return `-${String(hashes.length).padStart(8, '0')}`
    })
  const named = (squeezed) =>
    squeezed
      .replaceAll(`${version}+${'0'.repeat(8)}`, buildId)
      .replaceAll(/-(0\d{7})(?=\.js\b)/g, (_, n) => hashes[Number(n) - 1])
  return { text, named }
}

/**
 * What a tab imports when it is first needed becomes a file of its own, named by content, whatever the format: a
 * classic script cannot be split, and resolves what it imports against its own address, which may be another origin's.
 */
function lazily() {
  return {
    name: 'lazily',
    setup(plugin) {
      plugin.onResolve({ filter: /^\.\.?\// }, async ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const { outputs } = await lazy(join(resolveDir, path.replace(/\.js$/, '.ts')))
        const name = Object.keys(outputs).find((output) => output.endsWith('.js'))
        const { outfile = '', outdir = dirname(outfile) } = plugin.initialOptions
        return { path: `./${relative(outdir, name)}`, external: true }
      })
    },
  }
}

/** Once for all that import it. */
function lazy(source) {
  if (!lazyBuilds.has(source)) {
    const built = build({
      ...tab,
      entryPoints: [source],
      entryNames: '[name]-[hash]',
      format: 'esm',
      outdir: join(dist, 'hearth'),
      // Bundled for browsers as it comes; its parts would need Node's.
      alias: { 'simple-peer': 'simple-peer/simplepeer.min.js' },
    })
    lazyBuilds.set(
      source,
      built.then(({ metafile }) => metafile),
    )
  }
  return lazyBuilds.get(source)
}

/** The pages in `source`, with every file that one names as "./…" bundled or copied under a name that holds its hash. */
async function buildPages(source, target) {
  const pages = (await readdir(source)).filter((name) => name.endsWith('.html'))
  const texts = await Promise.all(pages.map((page) => readFile(join(source, page), 'utf8')))
  const named = [
    ...new Set(texts.flatMap((text) => [...text.matchAll(localReference)].map(([, , path]) => path))),
  ]
  const { metafile } = await build({
    ...common,
    entryPoints: named.map((path) => join(source, path)),
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    format: 'esm',
    outdir: target,
    loader: { '.svg': 'copy', '.png': 'copy', '.webmanifest': 'copy' },
  })
  const outputs = new Map()
  for (const [output, { entryPoint, inputs }] of Object.entries(metafile.outputs)) {
    // A copied file has no entry point; it has itself as its only input.
    const input = entryPoint ?? (output.endsWith('.map') ? undefined : Object.keys(inputs)[0])
    if (input) outputs.set(input, basename(output))
  }
  await cp(join(source, 'install'), join(target, 'install'), { recursive: true })
  for (const [index, page] of pages.entries()) {
    const html = texts[index].replace(localReference, (_, before, path) => {
      const output = outputs.get(join(source, path))
      if (!output) throw new Error(`${join(source, page)} names ./${path}, which the build does not make.`)
      return `${before}./${output}`
    })
    await writeFile(join(target, page), html)
  }
}

async function appNames() {
  const entries = await readdir('shell/apps', { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

async function copy(from, to) {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
}

async function weigh() {
  const names = (await readdir(dist, { recursive: true }))
    .filter((name) => /\.(m?js|css|wasm)$/.test(name) && !/^(types|kube)\b/.test(name))
    .sort()
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(dist, name))
      // The best setting takes 8 s on the wasm; one step below tells as much.
      const quality = bytes.length < 512 * 1024 ? 11 : 6
      // The same code weighs the same, whenever it was built and whatever its parts hold.
      const { text } = unnamed(bytes.toString('latin1'))
      const brotli = brotliCompressSync(Buffer.from(text, 'latin1'), {
        params: { [constants.BROTLI_PARAM_QUALITY]: quality },
      }).length
      return { name, raw: bytes.length, brotli }
    }),
  )
}

function printWeights(weights) {
  const width = Math.max(...weights.map(({ name }) => name.length))
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(11)
  console.log(`${buildId}\n${''.padEnd(width)}${'raw'.padStart(11)}${'brotli'.padStart(11)}`)
  for (const { name, raw, brotli } of weights)
    console.log(name.padEnd(width) + kilobytes(raw) + kilobytes(brotli))
}
