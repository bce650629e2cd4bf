/** Spaces that go to files, and come from them, as tabs ask for it. */
import { invalid } from '../protocol/errors.js'
import type { ClientId, SpaceId } from '../protocol/ids.js'
import { exportSpace } from './exporting.js'
import { importSpace, type Importing } from './importing.js'
import { Jobs, type JobsPlatform } from './jobs.js'

export class Transfers {
  private readonly jobs: Jobs

  constructor(
    private readonly platform: JobsPlatform & { now(): number },
    private readonly planes: Importing,
  ) {
    this.jobs = new Jobs(platform)
  }

  /** @throws HearthError `echo/invalid` */
  beginExport(client: ClientId, job: string, space: SpaceId): void {
    const { halo, echo } = this.planes
    this.jobs.begin(client, job, () => exportSpace(halo, echo, space, this.platform.now()))
  }

  /** @throws HearthError `echo/invalid` */
  beginImport(client: ClientId, job: string, file: unknown, isCopy: boolean): void {
    if (!(file instanceof Blob)) invalid('a file is a Blob')
    this.jobs.begin(client, job, () => importSpace(this.planes, file, isCopy === true))
  }

  /** @throws HearthError `rpc/worker-gone`, and what the job throws */
  outcome(client: ClientId, job: string): Promise<readonly [unknown] | undefined> {
    return this.jobs.outcome(client, job)
  }
}
