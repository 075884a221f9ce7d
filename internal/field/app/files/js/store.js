// Everything that the phone keeps, in IndexedDB. What write gives back is kept when the promise is done: the browser is asked to flush it to the disk first, so that a flat
// battery takes nothing that was confirmed by a sound.

const name = 'firebreak-desk';
const layout = 1;

/** @param {IDBRequest} request */
export const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Opens the store. closed is called when another version of the app wants it: the page has to go. */
export async function openStore(closed = () => {}) {
  const opening = indexedDB.open(name, layout);
  opening.onupgradeneeded = () => {
    const db = opening.result;
    db.createObjectStore('meta'); // by name: device, contact, clock, round, seal; coming and receipt at a laboratory
    const tubes = db.createObjectStore('tubes', { keyPath: 'id', autoIncrement: true });
    tubes.createIndex('code', 'code'); // a tube without label is not in it
    tubes.createIndex('state', 'state');
    db.createObjectStore('members', { keyPath: 'id', autoIncrement: true }).createIndex('tube', 'tube');
    db.createObjectStore('marks', { keyPath: ['who', 'tube'] }).createIndex('who', 'who'); // who was sampled in which round
    db.createObjectStore('batches', { keyPath: ['device', 'seq'] }).createIndex('state', 'state');
    db.createObjectStore('boxes', { keyPath: 'code' });
    db.createObjectStore('orders', { keyPath: 'id', autoIncrement: true }).createIndex('state', 'state'); // boxes and their hand-overs on their way
    db.createObjectStore('people', { keyPath: 'id' }); // the community's list, sealed
  };
  const db = await done(opening);
  db.onversionchange = () => { db.close(); closed(); };
  const run = (mode) => async (stores, work) => {
    const tx = db.transaction(stores, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' });
    const ended = new Promise((resolve, reject) => {
      tx.oncomplete = resolve;
      tx.onabort = () => reject(tx.error ?? new DOMException('given up', 'AbortError'));
    });
    ended.catch(() => {}); // told below
    try {
      const out = await work(tx);
      await ended;
      return out;
    } catch (failure) {
      try { tx.abort(); } catch { /* it has ended */ }
      throw failure;
    }
  };
  return {
    /** Reads; work may wait for requests of its transaction and for nothing else. */
    read: run('readonly'),
    /** Changes all or nothing. */
    write: run('readwrite'),
    /** One value of meta. */
    get: (key) => run('readonly')(['meta'], (tx) => done(tx.objectStore('meta').get(key))),
    put: (key, value) => run('readwrite')(['meta'], (tx) => done(tx.objectStore('meta').put(value, key))),
    close: () => db.close(),
  };
}
