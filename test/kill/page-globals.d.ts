/** What the matrix defines in its pages, for functions that it sends there. */
import type { Agent } from './agent.js'

declare global {
  interface Window {
    /** Set once the home is open and `install` has run. */
    agent: Agent
  }
}
