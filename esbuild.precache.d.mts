/** Types of esbuild.precache.mjs, for the test that reads it. */
export function precacheManifest(
  dist: string,
  largest?: number,
): Promise<{
  files: { url: string; revision: string | null; integrity: string }[]
  bytes: number
}>
