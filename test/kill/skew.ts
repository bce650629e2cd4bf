/** Two releases of Hearth: what the server has, and an app that brings the client of the older one, whatever it has. */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Releases, type Release } from '../e2e/releases.js'
import { folder } from '../e2e/site.js'

export const older: Release = 'aaaaaaa1'
export const newer: Release = 'aaaaaaa2'

export class Skew {
  private readonly releases = new Releases()
  /** Folder of the app. */
  readonly olderApp = mkdtempSync(join(tmpdir(), 'hearth-older-'))

  constructor() {
    cpSync(folder('pages/alpha'), this.olderApp, { recursive: true })
    // The client loads its later parts, and the worker, from beside itself.
    cpSync(join(this.dist, 'hearth'), join(this.olderApp, 'hearth'), { recursive: true })
    const page = join(this.olderApp, 'index.html')
    writeFileSync(page, readFileSync(page, 'utf8').replace('"/hearth.js"', '"hearth.js"'))
    for (const name of ['hearth.js', 'hearth/worker.js'])
      writeFileSync(join(this.olderApp, name), this.releases.file(name, older))
  }

  get dist(): string {
    return this.releases.dist
  }

  get olderName(): string {
    return basename(this.olderApp)
  }

  /** At once and whole: pages may be loading. */
  deploy(release: Release): void {
    for (const name of ['hearth.js', 'hearth/worker.js']) {
      const place = join(this.dist, name)
      writeFileSync(`${place}.new`, this.releases.file(name, release))
      renameSync(`${place}.new`, place)
    }
  }

  remove(): void {
    this.releases.remove()
    rmSync(this.olderApp, { recursive: true, force: true })
  }
}
