/** What one setting is, and the kinds of values that settings have. Each kind says what to write when something else was written. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { kubeError } from '../errors.js'

/** What somebody wrote for a setting. */
export interface Given {
  readonly text: string
  /** As it is called where it was written: `PORT`, or `"port" in /etc/hearth.json`. */
  readonly name: string
  /** Absolute path that relative ones are taken from. */
  readonly base: string
}

export interface Setting<T> {
  /** In the environment. In the file it is called as in `declared.ts`. */
  readonly env: string
  /** What it is for, in one line. */
  readonly says: string
  /** What is so without it, as it would be written; empty, where nothing is. */
  readonly fallback: string
  /** Neither shown nor logged. */
  readonly isSecret?: boolean
  /** @throws KubeError `kube/bad-setting`, or a code of its own */
  read(given: Given): T
}

/** @throws KubeError `kube/bad-setting` */
export const refuse = ({ name, text }: Given, takes: string): never => {
  throw kubeError('kube/bad-setting', { name, value: text, takes })
}

export const text = ({ text }: Given): string => text

/** What is between commas. */
export const list = ({ text }: Given): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

export const wholeNumber =
  (least: number, most: number) =>
  (given: Given): number => {
    const number = Number(given.text)
    const isOne = /^\d{1,15}$/.test(given.text) && number >= least && number <= most
    return isOne ? number : refuse(given, `a whole number from ${least} to ${most}`)
  }

const units = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }

/** A number, and what of: `500 MiB`; without that, bytes. */
export const bytes =
  (least: number) =>
  (given: Given): number => {
    const [, number, unit = 'B'] = /^(\d{1,15})\s*([KMGT]iB|B)?$/.exec(given.text) ?? []
    const size = Number(number) * units[unit as keyof typeof units]
    // What is no number is not larger than anything, either.
    return size >= least && size <= 2 ** 50
      ? size
      : refuse(given, `a size of at least ${least} bytes, as 500 MiB or 4 GiB`)
  }

export const choice =
  <T extends string>(...choices: readonly T[]) =>
  (given: Given): T =>
    choices.find((one) => one === given.text) ?? refuse(given, `one of ${choices.join(', ')}`)

/** Of a folder that is there, or is to be made. @returns absolute */
export const folder = ({ text, base }: Given): string => {
  const path = resolve(base, text)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) throw kubeError('kube/bad-data', { path })
  return path
}
