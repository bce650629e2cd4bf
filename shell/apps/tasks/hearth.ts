/** The public API, as `<script src="/hearth.js">` puts it on the page: types only, no second copy of the client. */
import type * as Hearth from '../../../client/index.js'

export const hearth = (globalThis as unknown as { hearth: typeof Hearth }).hearth
export type Home = Awaited<ReturnType<typeof Hearth.open>>
export type Space = Home['space']
