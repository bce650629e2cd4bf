/**
 * Runs a test file in this process.
 * Arguments: its URL, and a folder for what it writes: it may be ended before it can clear up after itself.
 */
const [url, folder] = process.argv.slice(2)
// Not given to the process from the start: tsx keeps what it has compiled where it would be, too.
process.env['TMPDIR'] = process.env['TEMP'] = folder
try {
  await import(url!)
} catch (e) {
  // node:test would only say that the process has failed.
  console.error(e)
  process.exit(2)
}
