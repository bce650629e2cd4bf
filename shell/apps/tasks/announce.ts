/** Says something to those who listen rather than look. */
export function announce(text: string): void {
  const region = document.querySelector('#announcer')!
  // The same words twice are read twice only if the region was empty in between.
  region.textContent = ''
  setTimeout(() => (region.textContent = text), 50)
}
