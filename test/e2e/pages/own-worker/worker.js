// As simple as they come: keeps this page and the scripts that it names, and marks what it answers.
const kept = [new URLSearchParams(location.search).get('keep') ?? './', '/hearth.js']
self.addEventListener('install', (event) => {
  event.waitUntil(caches.open('own').then((cache) => cache.addAll(kept)))
  self.skipWaiting()
})
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const answer = async () => {
    const found = await caches.match(event.request, { cacheName: 'own', ignoreSearch: true })
    return found ?? fetch(event.request)
  }
  event.respondWith(answer())
})
