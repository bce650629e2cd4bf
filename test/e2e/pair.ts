/** Two people, each with a browser of their own, and the KUBE by which they meet. */
import assert from 'node:assert/strict'
import { startServer, type RunningServer } from '../../kube/server.js'
import type { IceSettings } from '../../kube/signal/ice.js'
import type { EngineName, LaunchOptions } from '../engines/engine.js'
import { kindsOf } from './linked.js'
import { Person } from './person.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

/** They have no other way to each other than a KUBE. */
export const RELAYED: LaunchOptions = { scripts: ['delete globalThis.RTCPeerConnection'] }

/** They leave, and no page of theirs has failed. */
export async function leave(
  people: readonly (Person | undefined)[],
  ...others: { close(): Promise<void> }[]
) {
  const all = [...people.map((person) => person?.leave()), ...others.map((other) => other.close())]
  await Promise.allSettled(all)
  assert.deepEqual(
    people.flatMap((person) => person?.failures ?? []),
    [],
  )
}

export class Pair {
  olga!: Person
  ed!: Person
  server!: RunningServer
  private port = 0

  /** @param way that there is to be between them whenever they are connected */
  constructor(
    readonly browsers: readonly [EngineName, EngineName],
    readonly way: 'direct' | 'relayed',
    /** Servers that the KUBE names. */
    private readonly ice?: IceSettings,
  ) {}

  get name(): string {
    return `Olga in ${this.browsers[0]} and Ed in ${this.browsers[1]}, ${
      this.way === 'direct' ? 'who are linked directly' : 'through a KUBE'
    }`
  }

  get both(): readonly [Person, Person] {
    return [this.olga, this.ed]
  }

  async begin(): Promise<void> {
    await this.serve()
    const page = `${this.server.url}/apps/alpha/`
    const options = this.way === 'direct' ? {} : RELAYED
    const [hers, his] = this.browsers
    ;[this.olga, this.ed] = await Promise.all([
      hers === 'chromium'
        ? Person.withHiddenTabs('Olga', page, options)
        : Person.with(hers, 'Olga', page, options),
      Person.with(his, 'Ed', page, options),
    ])
  }

  async end(): Promise<void> {
    await leave([this.olga, this.ed], this.server)
  }

  /** Where it was served before. */
  async serve(): Promise<void> {
    this.server = await startServer({
      ...{ dist, apps: [folder('pages/alpha')], port: this.port, ice: this.ice },
    })
    this.port = Number(new URL(this.server.url).port)
  }

  /** Each is linked with the other, in the way that there is to be. */
  async areLinked(ms = 15_000): Promise<void> {
    await this.areBoth(this.way, ms)
  }

  async areApart(ms = 15_000): Promise<void> {
    await this.areBoth('', ms)
  }

  private areBoth(kinds: string, ms: number): Promise<unknown> {
    const are = async () => (await Promise.all(this.both.map(kindsOf))).every((one) => one === kinds)
    return until(`both to be ${kinds === '' ? 'apart' : kinds}`, are, ms)
  }
}
