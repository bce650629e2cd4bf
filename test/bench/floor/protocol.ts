/** What the floor's tabs and worker say to each other: raw messages. */
export interface Note {
  readonly id: string
  title: string
  done: boolean
  created: number
}

export type ToWorker =
  | { readonly t: 'open'; readonly limit: number | undefined }
  | { readonly t: 'create'; readonly notes: readonly Note[] }
  | { readonly t: 'title'; readonly id: string; readonly title: string }
  | { readonly t: 'text' }
  | { readonly t: 'splice'; readonly i: number; readonly n: number; readonly v: string }
  | { readonly t: 'flush' }

export type ToTab =
  | { readonly t: 'all'; readonly notes: readonly Note[] }
  | { readonly t: 'whole'; readonly text: string }
  | { readonly t: 'flushed' }
  | Extract<ToWorker, { t: 'create' | 'title' | 'splice' }>
