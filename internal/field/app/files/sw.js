// Keeps the whole app on the phone, so that it starts without network. The server writes the version and the list of files into this file; one byte of any of them changed
// is another version. A new version is fetched whole beside the one in use and waits: the page says when it may take over, between two people and not within a tube.
const version = '{{version}}';
const files = ["{{files}}"];
const cacheName = 'firebreak-desk-' + version;
const root = new URL('./', self.location).href;

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(cacheName);
    await Promise.all(files.map(async (name) => {
      const answer = await fetch(`${root}v/${version}/${name}`, { cache: 'no-store', credentials: 'omit' });
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`); // all or nothing: the server has another version by now
      // Made anew, so that it has the address it is asked for by: modules import each other by it.
      await cache.put(root + (name === 'index.html' ? '' : name), new Response(await answer.blob(), { headers: answer.headers }));
    }));
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('firebreak-desk-') && name !== cacheName) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener('message', (event) => {
  if (event.data === 'take over') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const at = new URL(event.request.url);
  if (event.request.method !== 'GET' || !at.href.startsWith(root)) return; // the endpoint is the page's own business
  at.hash = at.search = '';
  event.respondWith((async () => (await (await caches.open(cacheName)).match(at.href)) ?? fetch(event.request))());
});
