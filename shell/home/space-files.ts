/** Spaces that are saved to files, and opened from them, as the panel of spaces offers it. */
import type { Home } from '../home.js'
import { spaceText } from '../sharing/index.js'

type Space = Home['space']

const ENDING = '.hearth'

export class SpaceFiles {
  /** What is under way, came of it, or went wrong, as a person is told it. */
  said = ''
  problem = ''
  isBusy = false

  constructor(
    private readonly home: Home,
    private readonly changed: () => void,
  ) {}

  save(space: Space): Promise<void> {
    const name = this.#nameOf(space)
    return this.#run(`Saving “${name}”…`, async () => {
      const file = await space.export()
      const url = URL.createObjectURL(file)
      const link = document.createElement('a')
      link.href = url
      link.download = fileNameOf(name)
      link.click()
      // The browser reads it a moment later.
      setTimeout(() => URL.revokeObjectURL(url), 60_000)
      return `“${name}” is in ${link.download}. Whoever has that file can read it.`
    })
  }

  open(file: File): Promise<void> {
    return this.#run(`Opening ${file.name}…`, async () => {
      const before = new Set(this.home.spaces.value.map(({ id }) => id))
      const space = await this.home.import(file)
      const name = this.#nameOf(space)
      return before.has(space.id)
        ? `“${name}” was here already; it has all that was in the file.`
        : `“${name}” is here, as a space of your own.`
    })
  }

  #nameOf(space: Space): string {
    return space === this.home.space ? 'Personal' : spaceText(space)
  }

  async #run(doing: string, work: () => Promise<string>): Promise<void> {
    if (this.isBusy) return
    this.isBusy = true
    this.problem = ''
    this.said = doing
    this.changed()
    try {
      this.said = await work()
    } catch (e) {
      this.said = ''
      this.problem = (e as Error).message
    }
    this.isBusy = false
    this.changed()
  }
}

/** What file systems take. */
const fileNameOf = (name: string): string =>
  `${
    name
      .replaceAll(/[\s\p{Cc}/\\:*?"<>|]+/gu, ' ')
      .trim()
      .slice(0, 80) || 'Space'
  }${ENDING}`
