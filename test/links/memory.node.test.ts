import { behaviours } from './behaviours.js'
import { inMemory } from './memory.js'

behaviours('in memory', () => inMemory(1))
