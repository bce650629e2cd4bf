/** Types of esbuild.precache.mjs, for the test that reads it. */
export function precacheManifest(
  dist: string,
  largest?: number,
): Promise<{
  files: { url: string; integrity: string }[]
  bytes: number
}>
