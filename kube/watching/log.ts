/**
 * What a KUBE says of itself while it runs: one JSON object a line (pino). It is of the server and never of people: no address, key, topic, replica or
 * path is logged, whatever the level, so that a log may be kept and shown to others.
 */
import { pino, type DestinationStream, type Logger } from 'pino'

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'
export type Log = Pick<Logger, 'error' | 'warn' | 'info' | 'debug'>

/** What went wrong. Errors of Node's own carry what they were given (`input`, `address`), which may be somebody's. */
function err(cause: unknown) {
  const { name, code, message, stack } = (
    cause instanceof Error ? cause : new Error(String(cause))
  ) as NodeJS.ErrnoException
  return { name, ...(code && { code }), message, stack }
}

/** @param to stdout, if it is left out */
export function makeLog(level: LogLevel, to?: DestinationStream): Log {
  const options = {
    level,
    // Neither the machine's name nor the process: whoever gathers logs knows these.
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err },
  }
  return to ? pino(options, to) : pino(options, pino.destination({ dest: 1, sync: true }))
}

export const silent: Log = makeLog('silent')
