/**
 * What another device wrote, handed to this one: verified, judged, decrypted, applied and durable. Budgets are times, so
 * that they compare with everything else: 3,000 entries a second, and 20 MB a second in batches of 64 KiB.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Browser } from '../../e2e/browser.js'
import { remoteFolder } from '../build.js'
import { Author } from '../remote/author.js'
import type {} from '../remote/page.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const PER_SECOND = 3_000
const BYTES_PER_SECOND = 20e6
const BATCH = 64 << 10
const TIMES = 10

interface Job {
  readonly row: RowSpec
  readonly write: (author: Author) => Promise<void>
  readonly together: number
}

export async function receive(run: Run): Promise<void> {
  const objects = run.quick ? 200 : 1_000
  const batches = run.quick ? 60 : 300
  const edits = objects * TIMES
  const jobs: Job[] = [
    {
      row: {
        metric: `receive ${edits.toLocaleString('en')} edits of ${objects.toLocaleString('en')} objects`,
        unit: 'ms',
        budget: { of: 'most', limit: Math.round(((objects + edits) / PER_SECOND) * 1000) },
      },
      write: (author) => author.edits(objects, TIMES),
      together: 64,
    },
    {
      row: {
        metric: `receive ${batches} batches of 64 KiB`,
        unit: 'ms',
        budget: { of: 'most', limit: Math.round(((batches * BATCH) / BYTES_PER_SECOND) * 1000) },
      },
      write: (author) => author.batches(batches),
      together: 4,
    },
  ]
  for (const job of jobs) await measure(run, job)
}

async function measure(run: Run, { row, write, together }: Job): Promise<void> {
  const author = await Author.begin()
  try {
    await write(author)
    await writeFile(join(remoteFolder, 'entries.bin'), await author.file())
    for (let rep = 0; rep < run.reps; rep++) {
      // Whoever has read it once has it.
      const browser = await Browser.launch()
      try {
        const page = await browser.newTab(run.server.remoteUrl)
        const { space } = author
        const guest = await page.evaluate((space) => window.reader.introduce(space), space)
        const log = await author.admit(guest)
        await page.evaluate((log) => window.reader.join(log), log)
        const work = { space, together, url: 'entries.bin' }
        const done = await page.evaluate((work) => window.reader.read(work), work)
        if (done.digest !== author.digest) throw new Error('The reader shows something else than the author.')
        run.add(row, { system: 'hearth' }, done.ms)
        const least = await page.evaluate((url) => window.reader.floor(url), work.url)
        run.add(row, { system: 'floor' }, least)
      } finally {
        await browser.close()
      }
    }
  } finally {
    author.end()
  }
}
