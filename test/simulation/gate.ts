/** A disk whose pages come only when they are let through. */
import type { Key, Table } from '../../worker/store.js'
import { Disk } from './disk.js'

export class Gate {
  readonly disk = new Disk({ wait: (table, key) => this.wait(table, key) })
  private open: ((page: number) => boolean) | undefined
  private waiting: { page: number; pass: () => void }[] = []

  /** Pages that were asked for and have not come. */
  get asked(): number {
    return this.waiting.length
  }

  /** From now on only these pages come; without any, none. */
  close(...except: number[]): void {
    this.open = (page) => except.includes(page)
  }

  /** These come too; without any, all. */
  async pass(...pages: number[]): Promise<void> {
    const before = this.open
    this.open = pages.length > 0 ? (page) => pages.includes(page) || !!before?.(page) : undefined
    const waiting = this.waiting
    this.waiting = []
    for (const one of waiting)
      if (this.open?.(one.page) ?? true) one.pass()
      else this.waiting.push(one)
    await turns(5)
  }

  private async wait(table?: Table, key?: Key): Promise<void> {
    const page = table === 'pages' ? (key?.[1] as number | undefined) : undefined
    if (page === undefined || !this.open || this.open(page)) return
    await new Promise<void>((pass) => this.waiting.push({ page, pass }))
  }
}

/** Lets everything that is on its way arrive. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 2))
}
