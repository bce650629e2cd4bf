/** Where the example of each mode is served from: one origin, or two that are the page's and Hearth's. */
import { startServer, type RunningServer } from '../../kube/server.js'
import { PlainSite } from './plain-site.js'
import { dist, folder } from './site.js'

export const modes = ['shared', 'shared-file', 'shared-blob', 'elected-tab'] as const
export type Mode = (typeof modes)[number]

export class ModeSite {
  private constructor(
    private readonly kube: RunningServer,
    private readonly other: PlainSite | undefined,
    /** Of the example. */
    readonly url: string,
  ) {}

  static async open(mode: Mode): Promise<ModeSite> {
    const example = folder(`../../docs/examples/modes/${mode}`)
    const apart = mode === 'shared-file' || mode === 'shared-blob'
    const kube = await startServer({ dist, apps: apart ? [] : [example] })
    const other = apart ? await PlainSite.open(example, kube.url) : undefined
    return new ModeSite(kube, other, other ? `${other.url}/` : `${kube.url}/apps/${mode}/`)
  }

  async close(): Promise<void> {
    await this.other?.close()
    await this.kube.close()
  }
}
