/** What the manifests promise a browser that installs: each picture is there, and as large as they say. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { root } from './runner/files.js'

interface Picture {
  readonly src: string
  readonly sizes: string
  readonly type: string
  readonly purpose?: string
  readonly form_factor?: string
}
interface Manifest {
  /** The start, where there is none. */
  readonly id?: string
  readonly scope: string
  readonly start_url: string
  readonly icons: readonly Picture[]
  readonly screenshots: readonly Picture[]
  readonly shortcuts: readonly { readonly url: string; readonly icons: readonly Picture[] }[]
}

for (const [name, address] of [
  ['the shell', '/'],
  ['tasks', '/apps/tasks/'],
] as const)
  describe(`the manifest of ${name}`, () => {
    const base = `${address}install/app.webmanifest`
    const manifest = JSON.parse(readFileSync(sourceOf(base), 'utf8')) as Manifest

    it('has an id, a scope and shortcuts of its own, wherever the server is on its origin', () => {
      for (const path of ['', '/some/path']) {
        const at = (text: string) => new URL(text, `http://kube.invalid${path}${base}`).pathname
        assert.equal(manifest.id, undefined)
        assert.deepEqual([at(manifest.scope), at(manifest.start_url)], [path + address, path + address])
        for (const { url } of manifest.shortcuts) assert.ok(at(url).startsWith(path + address))
      }
    })
    it('has an icon for each purpose and size, and a screenshot for each form', () => {
      const icons = manifest.icons.map(({ purpose, sizes }) => `${purpose} ${sizes}`)
      assert.deepEqual(icons, ['any any', 'any 192x192', 'any 512x512', 'maskable 512x512'])
      assert.deepEqual(
        manifest.screenshots.map((one) => one.form_factor),
        ['wide', 'narrow'],
      )
    })
    it('names pictures that are there, and as large as it says', () => {
      const shortcutIcons = manifest.shortcuts.flatMap(({ icons }) => icons)
      for (const { src, sizes, type } of [...manifest.icons, ...manifest.screenshots, ...shortcutIcons]) {
        const file = sourceOf(new URL(src, `http://kube.invalid${base}`).pathname)
        assert.ok(existsSync(file), file)
        if (type === 'image/png') assert.equal(pngSize(readFileSync(file)), sizes, file)
      }
    })
  })

/** Where the source has what the server has at an address. */
function sourceOf(address: string): string {
  return join(root, 'shell', address)
}

/** From the header chunk, which comes first in every PNG. */
const pngSize = (png: Buffer) => `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`
