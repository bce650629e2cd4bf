window.opening = hearth.open({ app: 'Folder' })
window.opening.catch(() => {})
import('./late.js').then(({ late }) => (document.body.dataset.late = late))
