/**
 * Reordering by pointer, the same for mouse, pen and finger: the row follows the pointer, the others make room, and
 * only the drop changes data. Nothing moves in the document meanwhile, which would end the pointer's capture.
 */

/** How near to the window's edge, in pixels, the page begins to scroll. */
const scrollEdge = 64

/**
 * Starts with the `pointerdown` on a row's handle.
 * @param rows the rows that can be put in order, `row` among them
 * @param drop called with the new index of `row` among `rows`, if it changed
 */
export function drag(
  down: PointerEvent,
  row: HTMLElement,
  rows: HTMLElement[],
  drop: (to: number) => void,
): void {
  const handle = down.currentTarget as HTMLElement
  const from = rows.indexOf(row)
  if (from < 0 || down.button !== 0) return
  const boxes = rows.map((one) => one.getBoundingClientRect())
  const height = boxes[from]!.height
  const startY = down.clientY + scrollY
  let pointerY = down.clientY
  let to = from
  const over = new AbortController()
  const { signal } = over

  const place = () => {
    const moved = pointerY + scrollY - startY
    const middle = boxes[from]!.top + height / 2 + moved
    to = boxes.filter((box, index) => index !== from && box.top + box.height / 2 < middle).length
    for (const [index, one] of rows.entries()) {
      const shift =
        index === from
          ? moved
          : index > from && index <= to
            ? -height
            : index < from && index >= to
              ? height
              : 0
      one.style.transform = shift ? `translateY(${shift}px)` : ''
    }
  }
  const end = () => {
    over.abort()
    row.classList.remove('dragging')
    document.documentElement.classList.remove('reordering')
    for (const one of rows) one.style.transform = ''
  }

  handle.setPointerCapture(down.pointerId)
  row.classList.add('dragging')
  document.documentElement.classList.add('reordering')
  handle.addEventListener(
    'pointermove',
    (event) => {
      pointerY = event.clientY
      place()
    },
    { signal },
  )
  handle.addEventListener(
    'pointerup',
    () => {
      end()
      if (to !== from) drop(to)
    },
    { signal },
  )
  handle.addEventListener('pointercancel', end, { signal })
  addEventListener('keydown', (event) => event.key === 'Escape' && end(), { signal })
  const scrolling = setInterval(() => {
    const speed = pointerY < scrollEdge ? -8 : pointerY > innerHeight - scrollEdge ? 8 : 0
    // A press on a row that lies at the edge is not yet a wish to scroll.
    if (speed === 0 || Math.abs(pointerY - down.clientY) < 8) return
    scrollBy(0, speed)
    place()
  }, 16)
  signal.addEventListener('abort', () => clearInterval(scrolling))
}
