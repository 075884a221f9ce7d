// Live pages: htmx asks for a part again when its event arrives; this module keeps the clock and all
// relative times right, and says plainly when the connection is gone and figures may be old.
import { advance, drillNow } from './drill.js';
import { duration, say, tag } from './words.js';

/** Starts clocks, the live indicator and toasts for failed requests. */
export function startLive() {
  const clock = document.querySelector('[data-clock]');
  // The server's clock counts; the device's may be wrong by hours, and a drill's is another. Only the time passed
  // since loading is taken from the device.
  const served = clock instanceof HTMLTimeElement ? Date.parse(clock.dateTime) : Date.now();
  const opened = performance.now();
  const now = () => drillNow() ?? served + (performance.now() - opened);

  const tick = () => {
    for (const element of document.querySelectorAll('time[data-rel]')) {
      if (!(element instanceof HTMLTimeElement)) continue;
      const at = Date.parse(element.dateTime);
      if (Number.isNaN(at)) continue;
      const left = at - now();
      const d = duration(left);
      const text = left >= 0 ? say('in', { d }) : say(element.dataset.rel === 'due' ? 'late' : 'ago', { d });
      if (element.textContent !== text) element.textContent = text;
    }
    if (clock && drillNow() === undefined) {
      const minutes = Math.floor(now() / 60000) - Math.floor(served / 60000);
      if (minutes > 0) advance(clock, minutes);
    }
  };
  setInterval(tick, drillNow() === undefined ? 15000 : 1000);
  document.addEventListener('htmx:load', tick);

  const state = document.querySelector('[data-live-state]');
  /** @type {number} */
  let lost = 0;
  document.body.addEventListener('htmx:sseOpen', () => {
    lost = 0;
    if (state) { state.className = 'live on'; state.textContent = say('live'); }
  });
  document.body.addEventListener('htmx:sseError', () => {
    lost ||= now();
    if (state) {
      state.className = 'live off';
      state.textContent = say('offline', { at: new Intl.DateTimeFormat(tag(), { hour: '2-digit', minute: '2-digit', hour12: false }).format(lost) });
    }
  });
  for (const name of ['htmx:sendError', 'htmx:responseError']) {
    document.body.addEventListener(name, () => toast(say('failed'), true));
  }
  for (const element of document.querySelectorAll('[data-toast]:not([role="alert"])')) fade(element);
}

/**
 * Shows a short message; screen readers hear it.
 * @param {string} text @param {boolean} bad
 */
export function toast(text, bad = false) {
  const box = document.getElementById('toasts');
  if (!box) return;
  const element = document.createElement('div');
  element.className = bad ? 'toast bad' : 'toast';
  element.textContent = text;
  box.append(element);
  fade(element);
}

/** @param {Element} element */
function fade(element) { setTimeout(() => element.remove(), 8000); }
