/** Builds of Hearth that differ in nothing but when they were made, as releases that follow one another. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const built = fileURLToPath(new URL('../../dist', import.meta.url))
const BUILD = /\d+\.\d+\.\d+\+([0-9a-z]{8})/g

/** When a release was made, in place of the real time: releases are in the order of their names. */
export type Release = 'aaaaaaa1' | 'aaaaaaa2' | 'aaaaaaa3'

export class Releases {
  /** What the server serves. */
  readonly dist = mkdtempSync(join(tmpdir(), 'hearth-release-'))

  constructor() {
    for (const name of ['hearth', 'hearth.js', 'shell', 'apps'])
      cpSync(join(built, name), join(this.dist, name), { recursive: true })
  }

  /** From now on the server has this release. */
  deploy(release: Release): void {
    for (const name of ['hearth.js', 'hearth/worker.js'])
      writeFileSync(join(this.dist, name), this.file(name, release))
  }

  /** A file as it is in a release, whatever is deployed. */
  file(name: string, release: Release): string {
    return readFileSync(join(built, name), 'utf8').replace(BUILD, (build, time: string) =>
      build.replace(time, release),
    )
  }

  remove(): void {
    rmSync(this.dist, { recursive: true, force: true })
  }
}
