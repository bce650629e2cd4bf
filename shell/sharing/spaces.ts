/** Spaces that may be shared, and whatever is told of them: name, own role, members. */
import type { TemplateResult } from 'lit'
import type { Home, Space } from './api.js'
import { name } from './words.js'

/** In order of creation, without those that are one's own alone. */
export const sharedSpaces = (home: Home): readonly Space[] =>
  othersOf(home).filter((space) => !isFormer(space))

/** What was the personal space here, before this device became one of another identity's. */
export const formerSpaces = (home: Home): readonly Space[] => othersOf(home).filter(isFormer)

const othersOf = (home: Home) => home.spaces.value.filter((space) => space !== home.space)

/** A personal space has the id of the identity whose it is; nobody else can be in there. */
const isFormer = ({ id, members }: Space): boolean =>
  members.value.some((member) => (member.id as string) === id)

/** Whether one is not in any more, as far as is known here: what was read is still there to be read. */
export const isOut = ({ members }: Space, home: Home): boolean =>
  members.value.length > 0 && members.value.every(({ id }) => id !== home.identity.value.id)

export const mayWrite = (space: Space, home: Home): boolean =>
  space.role !== 'reader' && (isFormer(space) || !isOut(space, home))

export const spaceText = (space: Space): string =>
  isFormer(space) ? 'Here before' : space.name.trim() || 'A space without a name'

/** Names are others': never markup, and in whatever direction they run. */
export const spaceName = (space: Space): TemplateResult => name(spaceText(space))

/** Asks for a new picture whenever something of them is different, for as long as the page lives. */
export function followSpaces(home: Home, changed: () => void): void {
  const followed = new Map<Space, () => void>()
  home.spaces.subscribe((spaces) => {
    for (const space of spaces) {
      if (followed.has(space)) continue
      const stops = [space.info.subscribe(changed), space.members.subscribe(changed)]
      followed.set(space, () => stops.forEach((stop) => stop()))
    }
    for (const [space, stop] of followed) {
      if (spaces.includes(space)) continue
      stop()
      followed.delete(space)
    }
    changed()
  })
}
