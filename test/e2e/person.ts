/** A person with a browser of their own, as the tests of sharing have several: what they do and see is done and seen in a page. */
import type { Role } from '../../client/index.js'
import type { Chromium, ChromiumPage } from '../engines/chromium.js'
import type { Engine, EngineName, EnginePage, LaunchOptions } from '../engines/engine.js'
import { launchEngine } from '../engines/launch.js'
import { until } from './wait.js'

/** What somebody sees of a space. */
export interface Sight {
  readonly role: Role
  readonly members: readonly string[]
  /** By title. */
  readonly todos: Readonly<Record<string, string>>
}
export interface Told {
  readonly link: string
  readonly code: string | null
}

export class Person {
  readonly failures: string[] = []
  private page: EnginePage | undefined

  private constructor(
    readonly name: string,
    private readonly engine: Engine,
    private readonly url: string,
  ) {}

  /** @param url of a page that opens Hearth */
  static async with(
    browser: EngineName,
    name: string,
    url: string,
    options?: LaunchOptions,
  ): Promise<Person> {
    const person = new Person(name, await launchEngine(browser, options), url)
    await person.open()
    await person.run((displayName) => window.home.setProfile({ displayName }), name)
    return person
  }

  /** In a Chromium whose tabs are hidden while others are shown, as a tab has to be to stand still. */
  static async withHiddenTabs(name: string, url: string, options?: LaunchOptions): Promise<Person> {
    const engine = (await launchEngine('chromium', options)) as Chromium
    engine.hideTabs()
    await engine.kill()
    await engine.relaunch()
    const person = new Person(name, engine, url)
    await person.open()
    await person.run((displayName) => window.home.setProfile({ displayName }), name)
    return person
  }

  async open(): Promise<void> {
    this.page = await this.engine.newPage({
      said: () => undefined,
      failed: (text) => this.failures.push(text),
    })
    await this.page.goto(this.url)
    await this.run(async () => {
      window.home = await window.opening
    }, undefined)
  }

  /** Closes the page, and opens it again. */
  async again(): Promise<void> {
    await this.page?.close()
    await this.open()
  }

  /** Any page, in another tab. */
  async visit(url: string): Promise<EnginePage> {
    const page = await this.engine.newPage()
    await page.goto(url)
    return page
  }

  /** The same person in another tab. */
  async tab(): Promise<Person> {
    const other = new Person(this.name, this.engine, this.url)
    await other.open()
    return other
  }

  async closeTab(): Promise<void> {
    await this.page?.close()
  }

  async crashTab(): Promise<void> {
    await this.page?.crash()
  }

  /** In Chromium: what they look at is this tab. */
  async lookAtTab(): Promise<void> {
    await (this.page as ChromiumPage).bringToFront()
  }

  /** In Chromium. @returns thaws it */
  freezeTab(): Promise<() => Promise<void>> {
    return (this.page as ChromiumPage).freeze()
  }

  /** In Chromium, as the rest that only it can. @returns ends it */
  goOffline(): Promise<() => Promise<void>> {
    return (this.engine as Chromium).goOffline()
  }

  changeNetwork(): Promise<void> {
    return (this.engine as Chromium).changeNetwork()
  }

  /** Their machine sleeps. @returns wakes it */
  sleep(): () => void {
    return (this.engine as Chromium).sleep()
  }

  async leave(): Promise<void> {
    await this.engine.close()
  }

  run<R, A>(code: (arg: A) => R | Promise<R>, arg: A): Promise<R> {
    return this.page!.evaluate(code, arg)
  }

  createSpace(name: string): Promise<string> {
    return this.run(async (name) => (await window.home.createSpace({ name })).id as string, name)
  }

  /** Into a space; without one, for another device of theirs. */
  invite(space?: string, options: object = {}): Promise<Told> {
    return this.run(
      async ({ space, options }) => {
        const { home } = window
        const invitation = await (space ? home.getSpace(space)!.invite(options) : home.inviteDevice(options))
        Object.assign(window, { invitation })
        return { link: invitation.link, code: invitation.code }
      },
      { space, options },
    )
  }

  /** @returns the space's id, or the code of why not */
  join({ link, code }: Told): Promise<string> {
    return this.run(
      async ({ link, code }) => {
        try {
          return (await window.home.join(link, code === null ? {} : { code })).id as string
        } catch (e) {
          return (e as { code?: string }).code ?? String(e)
        }
      },
      { link, code },
    )
  }

  /** @returns when it is durable here */
  add(space: string, title: string, notes: string): Promise<void> {
    return this.run(
      async ({ space, title, notes }) => {
        const one = window.home.getSpace(space)!
        one.add('todo', { title, notes: hearth.text(notes) })
        await one.flush()
      },
      { space, title, notes },
    )
  }

  /** Inserts into the notes of what has this title. @returns `done`, or the code with which it was refused in the end */
  type(space: string, title: string, index: number, text: string): Promise<string> {
    return this.run(
      async ({ space, title, index, text }) => {
        const one = window.home.getSpace(space)!
        const todos = one.query('todo', { title })
        await todos.ready
        hearth.splice(todos.value[0]!, 'notes', index, 0, text)
        try {
          await one.flush()
          return 'done'
        } catch (e) {
          return (e as { code?: string }).code ?? String(e)
        }
      },
      { space, title, index, text },
    )
  }

  /** Of this tab. */
  tabId(): Promise<string> {
    return this.run(
      async () => ((await window.home.diagnostics())['worker'] as { tab: string }).tab,
      undefined,
    )
  }

  device(): Promise<string> {
    return this.run(() => window.home.identity.value.deviceId as string, undefined)
  }

  /** Assigns to a field of what has this title. @returns when it is durable here */
  assign(space: string, title: string, field: string): Promise<void> {
    return this.run(
      async ({ space, title, field }) => {
        const one = window.home.getSpace(space)!
        const todos = one.query('todo', { title })
        await todos.ready
        todos.value[0]![field] = true
        await one.flush()
      },
      { space, title, field },
    )
  }

  /** From now on the page keeps what it is told of changes of what has this title, for `heard`. */
  listen(space: string, title: string): Promise<void> {
    return this.run(
      async ({ space, title }) => {
        const todos = window.home.getSpace(space)!.query('todo', { title })
        await todos.ready
        window.changes = []
        hearth.on(todos.value[0]!, ({ changes, origin, by }) => {
          for (const { path } of changes) window.changes.push([path.join('.'), origin, by])
        })
      },
      { space, title },
    )
  }

  /** Who has changed a field since `listen`: `here`, `tab`, `device` or `member`, and which device. */
  async heard(field: string): Promise<readonly [origin: string, by: string]> {
    let heard: readonly [string, string, string] | undefined
    await until(`${this.name} to hear of ${field}`, async () => {
      heard = (await this.run(() => window.changes, undefined)).find(([changed]) => changed === field)
      return heard !== undefined
    })
    return [heard![1], heard![2]]
  }

  see(space: string): Promise<Sight | undefined> {
    return this.run(async (id): Promise<Sight | undefined> => {
      const space = window.home.getSpace(id)
      if (!space) return undefined
      const todos = space.query('todo')
      await Promise.all([todos.ready, space.members.ready])
      const sight = {
        role: space.role,
        members: space.members.value.map(({ displayName, role }) => `${displayName}: ${role}`).sort(),
        todos: Object.fromEntries(todos.value.map((todo) => [todo['title'], String(todo['notes'])])),
      }
      // It is asked again and again, and a tab has so many queries at most.
      todos.close()
      return sight
    }, space)
  }

  /** Waits until they see what is expected. */
  async sees(space: string, what: string, is: (sight: Sight) => boolean, ms = 15_000): Promise<void> {
    let last: Sight | undefined
    const look = async () => {
      last = await this.see(space)
      return last !== undefined && is(last)
    }
    await until(`${this.name} to see ${what}`, look, ms).catch((e: Error) => {
      throw new Error(`${e.message}; saw ${JSON.stringify(last)}`)
    })
  }
}
