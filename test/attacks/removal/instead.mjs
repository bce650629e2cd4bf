/**
 * Given to Node before tsx, whose loader then asks this one for sources: those that standard input has for a module, as
 * JSON from URLs to texts, are loaded instead of what is on disk.
 */
import { readFileSync } from 'node:fs'
import { register } from 'node:module'

register('./loader.mjs', import.meta.url, { data: JSON.parse(readFileSync(0, 'utf8')) })
