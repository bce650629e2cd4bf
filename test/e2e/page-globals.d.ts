/** What the fixture pages define, for functions that tests send there. */
import type * as Hearth from '../../client/index.js'

declare global {
  const hearth: typeof Hearth
  interface Window {
    opening: Promise<Hearth.Home>
    /** Set once `opening` has resolved. */
    home: Hearth.Home
    /** Changes of an object, as the page was told of them: the field, and who changed it. */
    changes: [field: string, origin: string, by: string][]
    /** How often the browser was asked to keep what is stored. */
    asked: number
    /** Lets go of a flush that a test holds back. */
    durable: () => void
  }
}
