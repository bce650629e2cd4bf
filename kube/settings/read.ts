/**
 * The settings of this KUBE: what the environment says, then what the file does that `HEARTH_CONFIG` names, then what is so without either.
 * Nothing is opened, made or bound here, so that a mistake costs nothing and is told in one line.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { KubeError, kubeError } from '../errors.js'
import { declared, type Declared, type SettingName } from './declared.js'
import type { Given, Setting } from './setting.js'

/** The one that is about the others. */
export const CONFIG = 'HEARTH_CONFIG'

/** More than all settings together could be, in bytes. */
const MOST_BYTES = 1 << 20

const names = Object.keys(declared) as SettingName[]

/**
 * @param cwd absolute path that relative ones of the environment are taken from; those of the file, from its folder
 * @throws KubeError `kube/config`, `kube/config-unknown`, `kube/bad-…`
 */
export function readSettings(env: NodeJS.ProcessEnv, cwd: string): Declared {
  const path = env[CONFIG] ? resolve(cwd, env[CONFIG]) : undefined
  const file = path === undefined ? {} : readFile(path)
  const read = (name: SettingName): unknown => {
    const setting: Setting<unknown> = declared[name]
    const written = (text: string | undefined, label: string, base: string): Given | undefined =>
      // Set to nothing is not set.
      text ? { text, name: label, base } : undefined
    return setting.read(
      written(env[setting.env], setting.env, cwd) ??
        written(file[name], `"${name}" in ${path}`, dirname(path ?? cwd)) ?? {
          ...{ text: setting.fallback, name: setting.env, base: cwd },
        },
    )
  }
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Declared
}

/** What begins like a setting and is none: mostly a slip. It is no error, for some who run containers set names of their own. */
export const unknownIn = (env: NodeJS.ProcessEnv): readonly string[] => {
  const known = new Set<string>([CONFIG, ...names.map((name) => declared[name].env)])
  return Object.keys(env)
    .filter((name) => name.startsWith('HEARTH_') && !known.has(name))
    .sort()
}

/** As text, as it would be in the environment. */
function readFile(path: string): Partial<Record<SettingName, string>> {
  const fail = (reason: string): never => {
    throw kubeError('kube/config', { path, reason })
  }
  let value: unknown
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length > MOST_BYTES) fail('it is larger than 1 MiB')
    value = JSON.parse(text)
  } catch (cause) {
    if (cause instanceof KubeError) throw cause
    fail((cause as Error).message)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('it is not a JSON object')
  return Object.fromEntries(
    Object.entries(value as object).map(([name, one]) => {
      if (!Object.hasOwn(declared, name))
        throw kubeError('kube/config-unknown', { path, name, names: names.join(', ') })
      return [name, textOf(one) ?? fail(`"${name}" is not a text, a number or a list of texts`)]
    }),
  )
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim()
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(',')
  return undefined
}
