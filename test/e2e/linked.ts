/** People who share a space and are linked with each other, and how it is seen that they are. */
import type { LinkInfo } from '../../worker/protocol/status.js'
import type { Person, Sight } from './person.js'
import { until } from './wait.js'

export const linksOf = (person: Person): Promise<readonly LinkInfo[]> =>
  person.run(() => window.home.status.value.links, undefined)

/** Each is linked with everybody that they are linked with directly, and with somebody. */
export const areDirect = (people: readonly Person[], ms = 5_000): Promise<unknown> =>
  until(
    'direct links',
    async () =>
      (await Promise.all(people.map(linksOf))).every(
        (links) => links.length > 0 && links.every(({ kind }) => kind === 'direct'),
      ),
    ms,
  )

/** How somebody is linked with others now, in a word for each. */
export const kindsOf = async (person: Person): Promise<string> =>
  (await linksOf(person)).map(({ kind }) => kind).join()

/** Of these tabs of one person, the one that holds the only link of their device. */
export async function hostOf(tabs: readonly Person[]): Promise<Person> {
  const [{ host } = { host: undefined }] = await linksOf(tabs[0]!)
  for (const tab of tabs) if ((await tab.tabId()) === host) return tab
  throw new Error(`No tab is ${host}.`)
}

/** All of them see these titles in a space. @returns after how long, in milliseconds */
export async function allSee(
  people: readonly Person[],
  space: string,
  titles: readonly string[],
  ms: number,
): Promise<number> {
  const since = Date.now()
  const has = ({ todos }: Sight) => titles.every((title) => title in todos)
  await Promise.all(people.map((person) => person.sees(space, titles.join(), has, ms)))
  return Date.now() - since
}

/** What people write in a space, each time something new, and how soon others see it. */
export class Exchange {
  private count = 0

  constructor(readonly space: string) {}

  /** @returns how long it took, in milliseconds */
  async arrives(from: Person, to: Person, ms = 5_000): Promise<number> {
    const title = `Edit ${++this.count}`
    const since = Date.now()
    await from.add(this.space, title, '')
    await to.sees(this.space, title, ({ todos }) => title in todos, ms)
    return Date.now() - since
  }

  /** All of it, each once, is what they see. */
  async isAllWith(people: readonly Person[], beside = 0): Promise<void> {
    for (const person of people)
      await person.sees(this.space, 'all', ({ todos }) => Object.keys(todos).length === this.count + beside)
  }
}
