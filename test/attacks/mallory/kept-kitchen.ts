/** A KUBE that keeps a kitchen, and what is Ann's own, who made it. Mallory is an admin in the kitchen: he knows the keys of Ann's words. */
import type { KeptKeys } from '../../../worker/halo/kept/kept-keys.js'
import type { SpaceId } from '../../../worker/protocol/ids.js'
import { talkByHand } from './by-hand.js'
import { KeepingKube } from './keeping-kube.js'
import { platformAt } from './line.js'
import { World, type Person } from './world.js'

export class KeptKitchen implements AsyncDisposable {
  readonly world = new World()
  readonly kube = new KeepingKube(this.world)
  readonly platform = platformAt(this.world.clock)
  ann!: Person
  mallory!: Person
  kitchen!: SpaceId

  /** @param before what Ann does before anything is kept */
  protected async begin(before: (ann: Person) => Promise<void> = async () => undefined): Promise<void> {
    const { people, space } = await this.world.sharing(['admin'])
    const [ann, mallory] = people as [Person, Person]
    await before(ann)
    await this.kube.keeps(ann, space)
    Object.assign(this, { ann, mallory, kitchen: space })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.world[Symbol.dispose]()
    await this.kube[Symbol.asyncDispose]()
  }

  talk() {
    return talkByHand(this.kube, this.platform)
  }

  keysOf(person: Person, space: SpaceId): KeptKeys {
    return person.halo.get(space)!.kept.keys
  }
}
