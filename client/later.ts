/** What is loaded when something is first shared: most tabs never need it. */
export const sharing = () => import('./sharing.js')
