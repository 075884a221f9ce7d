// Codes come from a camera, from a scanner that types (keyboard wedge), or from a hand. All end in one call with the text that was read.
import { prepareZXingModule, readBarcodes } from '../vendor/zxing/reader/index.js';

const formats = { native: ['qr_code', 'code_128', 'code_39', 'ean_13', 'data_matrix', 'pdf417', 'itf', 'codabar'], zxing: ['QRCode', 'Code128', 'Code39', 'EAN13', 'DataMatrix', 'PDF417', 'ITF', 'Codabar'] };

/** What reads a picture: the browser's own where it reads bars as well as squares, else the decoder that comes with the app. */
async function makeReader() {
  if (globalThis.BarcodeDetector) {
    try {
      const can = await BarcodeDetector.getSupportedFormats();
      if (can.includes('qr_code') && can.includes('code_128')) {
        const own = new BarcodeDetector({ formats: formats.native.filter((f) => can.includes(f)) });
        return { name: 'browser', read: async (picture) => (await own.detect(picture)).map((c) => c.rawValue) };
      }
    } catch { /* there in name only: phones without the maker's services */ }
  }
  prepareZXingModule({ overrides: { locateFile: (name) => new URL('../vendor/zxing/reader/' + name, import.meta.url).href } });
  return {
    name: 'zxing',
    read: async (picture) => (await readBarcodes(picture.getContext('2d').getImageData(0, 0, picture.width, picture.height), { formats: formats.zxing, tryHarder: true, tryInvert: false, maxNumberOfSymbols: 2 })).filter((c) => c.isValid).map((c) => c.text),
  };
}

const holds = 2500; // a code that stays before the camera counts once

/**
 * The camera, in a video element. got is called with what is read; a code that is held before it is read once.
 * @param {HTMLVideoElement} video
 * @param {(text: string) => void} got
 */
export async function startCamera(video, got) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } } });
  video.srcObject = stream;
  video.muted = true;
  video.playsInline = true;
  await video.play();
  const reader = await makeReader();
  const canvas = document.createElement('canvas');
  const seen = new Map();
  let on = true;
  const look = async () => {
    if (!on) return;
    if (video.readyState >= 2 && document.visibilityState === 'visible') {
      const narrow = Math.min(1, 1024 / video.videoWidth);
      canvas.width = video.videoWidth * narrow;
      canvas.height = video.videoHeight * narrow;
      canvas.getContext('2d', { willReadFrequently: true }).drawImage(video, 0, 0, canvas.width, canvas.height);
      try {
        for (const text of await reader.read(canvas)) {
          const now = performance.now();
          if (on && now - (seen.get(text) ?? -holds) > holds) got(text);
          seen.set(text, now);
        }
      } catch (failure) { console.warn('camera', failure); }
    }
    if (on) setTimeout(look, 80);
  };
  look();
  const track = stream.getVideoTracks()[0];
  return {
    reader: reader.name,
    torch: track.getCapabilities?.().torch ? (lit) => track.applyConstraints({ advanced: [{ torch: lit }] }) : undefined,
    stop() {
      on = false;
      for (const t of stream.getTracks()) t.stop();
      video.srcObject = null;
    },
  };
}

/** A key as a scanner means it. A Chinese input method hides the character, so the key's place is read. */
export function typed(event) {
  if (event.key.length === 1) return event.key;
  if (event.key !== 'Process' && event.key !== 'Unidentified') return '';
  const at = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code);
  return at ? at[1] : event.code === 'Minus' || event.code === 'NumpadSubtract' ? '-' : '';
}

/**
 * A scanner that types: what is typed outside of any field, up to Enter.
 * @param {(text: string) => void} got
 * @param {(text: string) => void} [typing] told what has come so far
 */
export function listenToKeys(got, typing = () => {}) {
  let text = '';
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input, textarea, select')) return;
    if ((event.key === 'Enter' || event.key === 'Tab') && text !== '') {
      event.preventDefault(); // the button that was touched last is not meant
      const all = text;
      text = '';
      typing('');
      got(all);
    } else if (event.key === 'Backspace' || event.key === 'Escape') {
      text = event.key === 'Escape' ? '' : text.slice(0, -1);
      typing(text);
    } else {
      const c = typed(event);
      if (c === '' || (c === ' ' && text === '')) return; // a space presses a button
      event.preventDefault();
      text += c;
      typing(text);
    }
  }, true);
}
