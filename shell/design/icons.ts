/** Line icons of the shell and its apps, 20 units square, drawn in the colour of the text around them. */
import { svg, html, type TemplateResult } from 'lit'

const paths = {
  add: svg`<path d="M10 4v12M4 10h12"/>`,
  alert: svg`<path d="M10 3 2.5 16.5h15zM10 8.5v3.5M10 14.3v.2"/>`,
  apps: svg`<rect x="3.5" y="3.5" width="5" height="5" rx="1.2"/><rect x="11.5" y="3.5" width="5" height="5" rx="1.2"/><rect x="3.5" y="11.5" width="5" height="5" rx="1.2"/><rect x="11.5" y="11.5" width="5" height="5" rx="1.2"/>`,
  arrow: svg`<path d="M4 10h12M11.5 5.5 16 10l-4.5 4.5"/>`,
  calendar: svg`<rect x="3.5" y="4.5" width="13" height="12" rx="2"/><path d="M3.5 8.5h13M7 2.8v3M13 2.8v3"/>`,
  check: svg`<path d="m4.5 10.5 3.7 3.7 7.3-8.2"/>`,
  chevron: svg`<path d="m6 8 4 4 4-4"/>`,
  close: svg`<path d="m5.5 5.5 9 9M14.5 5.5l-9 9"/>`,
  copy: svg`<rect x="7" y="7" width="9.5" height="9.5" rx="2"/><path d="M13 4.5A1.5 1.5 0 0 0 11.5 3H5a2 2 0 0 0-2 2v6.5A1.5 1.5 0 0 0 4.5 13"/>`,
  device: svg`<rect x="5.5" y="2.5" width="9" height="15" rx="2"/><path d="M9 14.8h2"/>`,
  grip: svg`<path d="M7.5 5v.01M12.5 5v.01M7.5 10v.01M12.5 10v.01M7.5 15v.01M12.5 15v.01" stroke-width="2.2"/>`,
  history: svg`<path d="M4.2 6.5A7 7 0 1 1 3 10M3.5 3v3.8h3.8M10 6v4.2l2.8 1.8"/>`,
  inbox: svg`<path d="M3 11.5 5.3 4.8A1.5 1.5 0 0 1 6.7 3.8h6.6a1.5 1.5 0 0 1 1.4 1L17 11.5V15a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15zM3 11.5h4a3 3 0 0 0 6 0h4"/>`,
  keyboard: svg`<rect x="2.5" y="5" width="15" height="10" rx="2"/><path d="M5.5 8v.01M8.5 8v.01M11.5 8v.01M14.5 8v.01M7 12h6"/>`,
  list: svg`<path d="M7 5.5h9.5M7 10h9.5M7 14.5h9.5M3.5 5.5v.01M3.5 10v.01M3.5 14.5v.01"/>`,
  moon: svg`<path d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z"/>`,
  note: svg`<path d="M4 5.5h12M4 10h12M4 14.5h7"/>`,
  pencil: svg`<path d="m12.3 4.7 3 3M4 16l.8-3.7 8.6-8.6a1.4 1.4 0 0 1 2 0l1 1a1.4 1.4 0 0 1 0 2l-8.6 8.5z"/>`,
  people: svg`<circle cx="7.5" cy="7" r="2.8"/><path d="M2.5 16.2c0-2.9 2.2-4.9 5-4.9s5 2 5 4.9M13 4.5a2.6 2.6 0 0 1 0 5M14.5 11.8c1.900.7 3 2.300 3 4.4"/>`,
  save: svg`<path d="M10 3.5v9M6.5 9.5 10 13l3.5-3.5M3.5 13v2a1.5 1.5 0 0 0 1.5 1.5h10a1.5 1.5 0 0 0 1.5-1.5v-2"/>`,
  share: svg`<path d="M10 12.5V3.5M6.5 6.5 10 3l3.5 3.5M5.5 9.5h-1a1 1 0 0 0-1 1v5a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1v-5a1 1 0 0 0-1-1h-1"/>`,
  spark: svg`<path d="M10 3c.7 4.6 2.4 6.3 7 7-4.6.7-6.3 2.4-7 7-.7-4.6-2.4-6.3-7-7 4.6-.7 6.3-2.4 7-7z"/>`,
  sun: svg`<circle cx="10" cy="10" r="3.5"/><path d="M10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1"/>`,
  system: svg`<circle cx="10" cy="10" r="6.5"/><path d="M10 3.5a6.5 6.5 0 0 1 0 13z" fill="currentColor"/>`,
  tag: svg`<path d="M3.5 4.5v5l7 7a1.4 1.4 0 0 0 2 0l4-4a1.4 1.4 0 0 0 0-2l-7-7h-5a1 1 0 0 0-1 1zM7 7v.01"/>`,
  trash: svg`<path d="M4 5.5h12M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5M5.5 5.5l.7 10a1.5 1.5 0 0 0 1.5 1.4h4.6a1.5 1.5 0 0 0 1.5-1.4l.7-10M8.5 9v4.5M11.5 9v4.5"/>`,
} as const

export type IconName = keyof typeof paths

/** Decorative: what it stands for is said by the text or the label beside it. */
export const icon = (name: IconName, size = 20): TemplateResult =>
  html`<svg
    aria-hidden="true"
    width=${size}
    height=${size}
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
  >
    ${paths[name]}
  </svg>`

/** A fire under an arch. */
export const mark = (size = 28): TemplateResult =>
  html`<svg aria-hidden="true" width=${size} height=${size} viewBox="0 0 32 32" fill="none">
    <path
      d="M5.5 27V15.5a10.5 10.5 0 0 1 21 0V27M3 27.5h26"
      stroke="currentColor"
      stroke-width="2.6"
      stroke-linecap="round"
    />
    <path
      d="M16.3 10.5c.6 3.2 5 5.2 5 9.9a5.3 5.3 0 0 1-10.6 0c0-2.3 1.1-3.6 2.3-4.7.2 1.2.8 1.8 1.5 2-.4-2.6.2-5.3 1.8-7.2z"
      fill="var(--ember)"
    />
  </svg>`
