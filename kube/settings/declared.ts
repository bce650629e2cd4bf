/** Every setting of a KUBE, once: what it is called, what it is without being set, and what it does. docs/operating.md lists the same. */
import { resolve } from 'node:path'
import { kubeError } from '../errors.js'
import { readAllow, type Allow } from '../access/access.js'
import { readOrigins } from '../signal/origins.js'
import {
  bytes,
  choice,
  folder,
  list,
  refuse,
  text,
  wholeNumber,
  type Given,
  type Setting,
} from './setting.js'

/** By the name that it has in the file. */
export const declared = {
  port: {
    env: 'PORT',
    says: 'port to listen on; 0 picks a free one',
    fallback: '4400',
    read({ text, name }: Given): number {
      if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
        throw kubeError('kube/bad-port', { name, port: text })
      return Number(text)
    },
  },
  host: {
    env: 'HOST',
    says: 'address to listen on; 127.0.0.1 is for this machine only',
    fallback: '127.0.0.1',
    read: text,
  },
  data: {
    env: 'HEARTH_DATA',
    says: 'folder for the spaces that it keeps, made when it starts; for one server at a time',
    fallback: '.hearth',
    read: folder,
  },
  apps: {
    env: 'HEARTH_APPS',
    says: 'folders to serve at /apps/<name>/, with commas between them; beside those of --app',
    fallback: '',
    read: (given: Given) => list(given).map((path) => resolve(given.base, path)),
  },
  url: {
    env: 'HEARTH_URL',
    says: 'its address as devices know it, for passes: https://kube.example, or with a path after it',
    fallback: '',
    read: (given: Given): string =>
      given.text === '' || /^https?:\/\/[^?#\s]+$/.test(given.text)
        ? given.text.replace(/\/+$/, '')
        : refuse(given, 'an address, as https://kube.example'),
  },
  origins: {
    env: 'HEARTH_ORIGINS',
    says: 'whose pages may meet devices there besides its own, with commas between them, or *',
    fallback: '',
    read: (given: Given) => readOrigins(given.text),
  },
  turnUrl: {
    env: 'HEARTH_TURN_URL',
    says: 'servers by which devices behind NATs are linked directly, with commas between them, at most four',
    fallback: '',
    read: text,
  },
  turnSecret: {
    env: 'HEARTH_TURN_SECRET',
    says: 'the secret that the TURN servers among them share with it',
    fallback: '',
    isSecret: true,
    read: text,
  },
  allow: {
    env: 'HEARTH_ALLOW',
    says: 'who may use it: anyone, invited (who has a pass), or keys of devices with commas between them',
    fallback: 'anyone',
    read: (given: Given): Allow =>
      readAllow(list(given)) ??
      refuse(given, 'anyone, invited, or keys of 43 characters with commas between them'),
  },
  connections: {
    env: 'HEARTH_CONNECTIONS',
    says: 'devices that may be connected at one time',
    fallback: '800',
    read: wholeNumber(1, 1_000_000),
  },
  keyConnections: {
    env: 'HEARTH_KEY_CONNECTIONS',
    says: 'connections that one key may have at one time',
    fallback: '64',
    read: wholeNumber(1, 1_000_000),
  },
  keyMessages: {
    env: 'HEARTH_KEY_MESSAGES',
    says: 'messages a second of one key; what is more is read later',
    fallback: '2000',
    read: wholeNumber(10, 1_000_000),
  },
  keyBytes: {
    env: 'HEARTH_KEY_BYTES',
    says: 'bytes a second of one key; what is more is read later',
    fallback: '128 MiB',
    read: bytes(64 * 1024),
  },
  keySpaces: {
    env: 'HEARTH_KEY_SPACES',
    says: 'spaces that one key may have it begin to keep',
    fallback: '1024',
    read: wholeNumber(0, 1_000_000),
  },
  spaceBytes: {
    env: 'HEARTH_SPACE_BYTES',
    says: 'how much of one space it keeps',
    fallback: '4 GiB',
    read: bytes(0),
  },
  totalBytes: {
    env: 'HEARTH_TOTAL_BYTES',
    says: 'how much it keeps in all',
    fallback: '64 GiB',
    read: bytes(0),
  },
  log: {
    env: 'HEARTH_LOG',
    says: 'what it logs: silent, error, warn, info or debug',
    fallback: 'info',
    read: choice('silent', 'error', 'warn', 'info', 'debug'),
  },
  metrics: {
    env: 'HEARTH_METRICS',
    says: 'who may read /metrics: local (this machine, and no proxy on it), off, or whoever shows this token',
    fallback: 'local',
    isSecret: true,
    read: (given: Given): string =>
      given.text === 'local' || given.text === 'off' || /^[!-~]{16,200}$/.test(given.text)
        ? given.text
        : refuse({ ...given, text: '…' }, 'local, off, or a token of at least 16 characters'),
  },
  noticeSeconds: {
    env: 'HEARTH_NOTICE_SECONDS',
    says: 'how long /readyz says that it ends before anything does, for a balancer that looks',
    fallback: '0',
    read: wholeNumber(0, 3_600),
  },
  drainSeconds: {
    env: 'HEARTH_DRAIN_SECONDS',
    says: 'how long what is under way may take to end, from then on',
    fallback: '10',
    read: wholeNumber(1, 3_600),
  },
} as const satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof declared
export type Declared = { readonly [N in SettingName]: ReturnType<(typeof declared)[N]['read']> }
