/**
 * Sharing, as a person does it: inviting, joining, who is in, and how things stand. The first page and the apps show the same dialogs.
 * Everything here goes through the public API, so what can be done here, any app can do.
 */
export { Badge } from './badge.js'
export { openInvite, openInviteDevice } from './invite-dialog.js'
export { openJoin } from './join-dialog.js'
export { isKept, keptWords, refusalOf } from './kept-words.js'
export { takeLink } from './link-hint.js'
export { memberRows, openPeople } from './people.js'
export { newSpace } from './space-dialog.js'
export { followSpaces, formerSpaces, isOut, mayWrite, sharedSpaces, spaceName, spaceText } from './spaces.js'
export { mayInvite, memberName } from './words.js'
