/** Where the KUBE is on this origin: at its root, or on a path of it. The service worker lies in the folder `hearth` there. */
const root = new URL('..', self.location.href)

/** The path that it is on, which ends in a slash. */
export const rootPath = root.pathname

/** @param path as the KUBE has it, from a slash on */
export const placed = (path: string): URL => new URL(path.slice(1), root)

/** The path of an address of this origin as the KUBE has it; empty, where the KUBE is not. */
export const pathIn = ({ pathname }: URL): string =>
  pathname.startsWith(rootPath) ? pathname.slice(rootPath.length - 1) : ''
