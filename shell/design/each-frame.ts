/** Calls `run` once, soon, however often it is asked for: with the next frame, or after 50 ms where frames are rare. */
export function eachFrame(run: () => void): () => void {
  let scheduled = false
  return () => {
    if (scheduled) return
    scheduled = true
    const once = () => {
      if (!scheduled) return
      scheduled = false
      cancelAnimationFrame(frame)
      clearTimeout(timer)
      run()
    }
    const frame = requestAnimationFrame(once)
    // A window that is covered, or in the background, gets few frames or none, and must not fall behind.
    const timer = setTimeout(once, 50)
  }
}
