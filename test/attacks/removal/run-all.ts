/** Runs test files, whose URLs are the arguments, in this one process: a process for each would take most of the time. */
try {
  for (const url of process.argv.slice(2)) await import(url)
} catch (e) {
  // node:test would only say that the process has failed.
  console.error(e)
  process.exit(2)
}
