/** A process with a relay that does nothing else: what an honest pair has of this machine, beside a KUBE under load. */
import { bareRelay } from '../bench/remote/bare-relay.js'

process.send!((await bareRelay()).url)
process.on('disconnect', () => process.exit())
