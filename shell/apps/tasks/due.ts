/** Days on which things are due: a Date at noon UTC each, in words, and for `<input type="date">`. */

const dayMs = 86_400_000

/** Noon UTC of the day that this device's clock shows, `offset` days on. */
export function day(offset = 0): Date {
  const now = new Date()
  return new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate() + offset, 12))
}

/** Days from today: 0 today, negative when overdue. */
export const daysUntil = (due: Date): number => Math.round((due.getTime() - day().getTime()) / dayMs)

export function dueInWords(due: Date): string {
  const days = daysUntil(due)
  if (days === 0) return 'Today'
  if (days === 1) return 'Tomorrow'
  if (days === -1) return 'Yesterday'
  const near = days > 1 && days < 7
  const sameYear = due.getUTCFullYear() === day().getUTCFullYear()
  const style: Intl.DateTimeFormatOptions = near
    ? { weekday: 'long' }
    : { day: 'numeric', month: 'short', ...(!sameYear && { year: 'numeric' }) }
  return new Intl.DateTimeFormat(undefined, { ...style, timeZone: 'UTC' }).format(due)
}

export const toInput = (due: Date | undefined): string =>
  due && !Number.isNaN(due.getTime()) ? due.toISOString().slice(0, 10) : ''

export const fromInput = (value: string): Date | undefined =>
  value ? new Date(`${value}T12:00:00Z`) : undefined
