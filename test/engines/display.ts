/** A screen in memory, for browsers that want one. One for this process, started when first asked for. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { within } from '../e2e/wait.js'
import { guardGroup } from './leftovers.js'

let started: Promise<string> | undefined

/** @returns its name, as DISPLAY takes it */
export const display = (): Promise<string> => (started ??= start())

async function start(): Promise<string> {
  // Otherwise it begins anew, and takes nobody for a moment, when a browser was killed and it has no other.
  const args = ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp', '-noreset']
  const server = spawn('Xvfb', args, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const pipe = server.stdio[3] as Readable
  // Neither it nor its pipe keeps this process alive.
  server.unref()
  const failed = once(server, 'error').then(([cause]) => {
    throw new Error('Tests in WebKitGTK need Xvfb: install it (Debian: apt-get install -y xvfb).', { cause })
  })
  failed.catch(() => undefined)
  if (server.pid) guardGroup(server.pid)
  const number = await within('Xvfb to start', Promise.race([firstLine(pipe), failed]))
  pipe.destroy()
  return `:${number}`
}

/** It writes the end of the line by itself: a pipe that is closed before that ends it. */
async function firstLine(pipe: Readable): Promise<string> {
  let text = ''
  for await (const part of pipe) {
    text += String(part)
    if (text.endsWith('\n')) break
  }
  return text.trim()
}
