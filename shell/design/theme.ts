/**
 * Light, dark or as the system has it. The choice is kept in localStorage, shared by all apps of the origin; the
 * inline script in each page's head reads it before the first paint.
 */
export type Theme = 'system' | 'light' | 'dark'

const key = 'hearth:theme'
const order: readonly Theme[] = ['system', 'light', 'dark']

export function currentTheme(): Theme {
  const kept = readKept()
  return order.find((theme) => theme === kept) ?? 'system'
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(key, theme)
  } catch {
    // Storage switched off: the choice lasts as long as the page.
  }
}

export const nextTheme = (theme: Theme): Theme => order[(order.indexOf(theme) + 1) % order.length]!

/** Calls `changed` when another tab chose; applies that choice here first. */
export function followTheme(changed: (theme: Theme) => void, signal: AbortSignal): void {
  addEventListener(
    'storage',
    (event) => {
      if (event.key !== key && event.key !== null) return
      setTheme(currentTheme())
      changed(currentTheme())
    },
    { signal },
  )
}

function readKept(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
