// Names and documents are sealed on the phone with a key that the browser does not give away: a copied file of the phone's storage tells no names.
import { done } from './store.js';

const bytes = new TextEncoder();
const text = new TextDecoder();

/** The keys of this phone, made at the first start. */
export async function openSeal(store) {
  let keys = await store.get('seal');
  if (!keys) {
    const made = {
      lock: await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']),
      mark: await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']),
    };
    keys = await store.write(['meta'], async (tx) => { // another window may have been first
      const first = await done(tx.objectStore('meta').get('seal'));
      if (first) return first;
      await done(tx.objectStore('meta').put(made, 'seal'));
      return made;
    });
  }
  return {
    async close(value) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, keys.lock, bytes.encode(JSON.stringify(value))) };
    },
    async open({ iv, data }) {
      return JSON.parse(text.decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, keys.lock, data)));
    },
    /** The same word for the same document, which says nothing about it. */
    async mark(value) {
      const sum = new Uint8Array(await crypto.subtle.sign('HMAC', keys.mark, bytes.encode(value)));
      return btoa(String.fromCharCode(...sum.slice(0, 15)));
    },
  };
}
