/** A disk of some megabytes that only this process and its children see: a tmpfs in a mount namespace of its own, of which the file system is reached through `/proc`. It takes root. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk extends AsyncDisposable {
  /** Absolute path. */
  readonly folder: string
  /** Takes all that is free, but for so many bytes. */
  fill(left: number): void
  /** Gives back what was taken. */
  free(): void
}

/** Why there can be none; undefined if there can. */
export const whyNoSmallDisk = (): string | undefined =>
  process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'it takes Linux, and root'

export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const at = await mkdtemp(join(tmpdir(), 'hearth-disk-'))
  // The namespace is there for as long as this process is; with it, the disk goes.
  const script = `mount -t tmpfs -o size=${bytes} none "$1" && echo there && exec sleep 3600`
  const holder = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', at], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(holder, 'exit')
  await Promise.race([
    once(holder.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('There is no disk: mount has failed.'))),
  ])
  const folder = `/proc/${holder.pid}/root${at}`
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill(left) {
      const { bavail, bsize } = statfsSync(folder)
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)))
    },
    free: () => rmSync(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      holder.kill('SIGKILL')
      await ended
      await rm(at, { recursive: true, force: true })
    },
  }
}
