/** What people are told of a new release, in the popover and on the shell's page alike. */
import type { UpdateState } from './update.js'

export const updateWords: Record<UpdateState, string> = {
  ready: 'A new version is ready.',
  taken: 'Another tab runs a new version. Reload this one when it suits you.',
}
