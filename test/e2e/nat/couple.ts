/** Two people at home, each behind a router of a town, and what they see of each other. */
import assert from 'node:assert/strict'
import { Person } from '../person.js'
import { until } from '../wait.js'
import { NOTING } from './selected.js'
import { KUBE } from './servers.js'
import type { Town } from './town.js'

export class Couple {
  private space = ''
  private count = 0

  private constructor(
    readonly olga: Person,
    readonly ed: Person,
  ) {}

  /** Each with a browser that hides its addresses from pages, as browsers do. */
  static async in(town: Town): Promise<Couple> {
    // Of http, only this machine is trusted otherwise, and a town has no certificates.
    const flags = [`--unsafely-treat-insecure-origin-as-secure=${KUBE}`]
    const options = (n: 0 | 1) => ({ netns: town.homes[n].inside.name, scripts: [NOTING], flags })
    const page = `${KUBE}/apps/alpha/`
    const [olga, ed] = await Promise.all([
      Person.with('chromium', 'Olga', page, options(0)),
      Person.with('chromium', 'Ed', page, options(1)),
    ])
    return new Couple(olga, ed)
  }

  /** Olga makes a space, and Ed comes in by a link of hers. */
  async share(): Promise<void> {
    this.space = await this.olga.createSpace('Kitchen')
    assert.equal(await this.ed.join(await this.olga.invite(this.space)), this.space)
  }

  /** Each writes, and the other one sees it. @returns after how many milliseconds: hers there, his here */
  async converge(ms = 5_000): Promise<readonly [number, number]> {
    return [await this.arrives(this.olga, this.ed, ms), await this.arrives(this.ed, this.olga, ms)]
  }

  async hasAll(): Promise<void> {
    for (const person of [this.olga, this.ed])
      await person.sees(this.space, 'all', ({ todos }) => Object.keys(todos).length === this.count)
  }

  /** How each is linked with the other now. */
  links(): Promise<string[]> {
    const kinds = (person: Person) =>
      person.run(() => window.home.status.value.links.map(({ kind }) => kind).join(), undefined)
    return Promise.all([this.olga, this.ed].map(kinds))
  }

  /** @returns after how many milliseconds */
  async are(kind: 'relayed' | 'direct', ms: number): Promise<number> {
    const since = Date.now()
    await until(`them to be ${kind}`, async () => (await this.links()).every((one) => one === kind), ms)
    return Date.now() - since
  }

  async leave(): Promise<void> {
    await Promise.allSettled([this.olga.leave(), this.ed.leave()])
    assert.deepEqual([...this.olga.failures, ...this.ed.failures], [])
  }

  private async arrives(from: Person, to: Person, ms: number): Promise<number> {
    const title = `Edit ${++this.count}`
    const since = Date.now()
    await from.add(this.space, title, '')
    await to.sees(this.space, title, ({ todos }) => title in todos, ms)
    return Date.now() - since
  }
}
