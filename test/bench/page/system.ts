/**
 * What the bench needs of a data layer. Each system's page sets `window.system`; `page.ts` drives it, the same way
 * for all. An object is a note, `{ id, title (about 40 characters), done, created }`; there is one text as well.
 */
export interface System {
  /**
   * Attaches, and shows the notes in order of creation. Resolves when every note that is stored can be read.
   * @param limit show only so many
   */
  open(limit?: number): Promise<void>
  /** How many notes are shown. */
  size(): number
  /** Reads the title of every note that is shown; their lengths added up. */
  read(): number
  title(index: number): string
  /** Calls `run` after each change of what is shown that another tab made. */
  onNotes(run: () => void): void
  /** Calls `run` after each change of this note that another tab made, and perhaps after own ones. */
  onNote(index: number, run: () => void): void
  /** Makes notes, all in one turn. */
  create(titles: readonly string[]): void
  setTitle(index: number, title: string): void
  /** Resolves when what this tab wrote is kept, as far as the system promises it. */
  flush(): Promise<void>
  /** Makes the text, empty, or opens the one that is there. */
  openText(make: boolean): Promise<void>
  splice(index: number, deleteCount: number, insert: string): void
  text(): string
  onText(run: () => void): void
}

declare global {
  interface Window {
    system: System
  }
}
