/** Spaces that go to files, and come from them, as tabs ask for it. */
import { addressOf, passesIn } from '../addresses.js'
import type { Network } from '../network.js'
import { invalid } from '../protocol/errors.js'
import type { ClientId, SpaceId } from '../protocol/ids.js'
import type { ImportWords } from '../protocol/session-api.js'
import { exportSpace, type Exporting } from './exporting.js'
import { importSpace, type Importing } from './importing.js'
import { Jobs, type JobsPlatform } from './jobs.js'

export class Transfers {
  private readonly jobs: Jobs

  constructor(
    private readonly platform: JobsPlatform & { now(): number },
    private readonly planes: Importing & Exporting,
    private readonly network: Pick<Network, 'open'>,
  ) {
    this.jobs = new Jobs(platform)
  }

  /** @throws HearthError `echo/invalid` */
  beginExport(client: ClientId, job: string, space: SpaceId): void {
    this.jobs.begin(client, job, () => exportSpace(this.planes, space, this.platform.now()))
  }

  /** @throws HearthError `echo/invalid`, `halo/recovery-…` */
  async beginImport(
    client: ClientId,
    job: string,
    file: unknown,
    isCopy: boolean,
    by?: ImportWords,
  ): Promise<void> {
    if (!(file instanceof Blob)) invalid('a file is a Blob')
    if (!by) return this.jobs.begin(client, job, () => importSpace(this.planes, file, isCopy === true))
    const { recoverySecret } = await import('../halo/suite/recovery-words.js')
    if (typeof by.words !== 'string') invalid('recovery words are text')
    const secret = recoverySecret(by.words)
    const urls = by.kubes.map(addressOf)
    this.jobs.begin(client, job, async () => {
      const outcome = await importSpace(this.planes, file, false, secret)
      // Others who are in, and other devices, are met there, as after a recovery from a server.
      const { networking } = await this.network.open()
      await networking.use(urls, passesIn(by.kubes))
      return outcome
    })
  }

  /** @throws HearthError `rpc/worker-gone`, and what the job throws */
  outcome(client: ClientId, job: string): Promise<readonly [unknown] | undefined> {
    return this.jobs.outcome(client, job)
  }
}
