import { behaviours } from './behaviours.js'
import { throughARelay } from './relay.js'

behaviours('through a KUBE', throughARelay)
