/** What the network needs, loaded when it is first used. */
export { HaloAdmitting } from './admitting.js'
export { Invitations } from './invitations.js'
export { Networking } from './networking.js'
export { Keeping } from './keeping.js'
export { Joins } from './joins.js'
export { Recovering } from './recovering.js'
export { Reunion } from './reunion.js'
