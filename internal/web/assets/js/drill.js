// The bar of a drill that people play in: its clock runs faster than the device's, or stands.

/**
 * What the drill's clock shows; undefined where no drill is played.
 * @returns {number | undefined}
 */
export function drillNow() {
  const face = document.querySelector('[data-drill-face]');
  if (!(face instanceof HTMLElement)) return undefined;
  const at = Number(face.dataset.at);
  const until = Number(face.dataset.until ?? at);
  return Math.min(until, at + (performance.now() - came) * Number(face.dataset.speed));
}

let came = performance.now();
const every = 2000;

/** Keeps the bar right: asks the server every two seconds, and counts between. */
export function startDrill() {
  const bar = document.querySelector('[data-drill]');
  if (!(bar instanceof HTMLElement) || !bar.dataset.drill) return;
  const from = bar.dataset.drill;
  const ask = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(from, { headers: { Accept: 'text/html' } });
        if (answer.ok && !answer.redirected) show(bar, await answer.text());
      } catch {
        // The server is away, which other parts of the page say; the clock waits at the next step.
      }
    }
    setTimeout(ask, every);
  };
  setTimeout(ask, every);
  setInterval(count, 250);
}

/** @param {HTMLElement} bar @param {string} text */
function show(bar, text) {
  const next = new DOMParser().parseFromString(text, 'text/html').querySelector('[data-drill-face]');
  const face = bar.querySelector('[data-drill-face]');
  if (!(next instanceof HTMLElement) || !face) return;
  came = performance.now();
  face.replaceWith(next);
  for (const element of bar.querySelectorAll('[data-drill-when]')) {
    if (element instanceof HTMLElement) element.hidden = element.dataset.drillWhen !== next.dataset.state;
  }
  const header = document.querySelector('[data-clock]');
  const shown = next.querySelector('time');
  if (header && shown) {
    header.setAttribute('datetime', shown.dateTime);
    header.textContent = shown.textContent;
  }
}

/** Moves the minutes that the server wrote on. */
function count() {
  const now = drillNow();
  const face = document.querySelector('[data-drill-face]');
  const time = face?.querySelector('time');
  if (now === undefined || !(face instanceof HTMLElement) || !time) return;
  const minutes = Math.floor(now / 60000) - Math.floor(Number(face.dataset.at) / 60000);
  if (minutes > 0) advance(time, minutes);
}

/**
 * Moves the hour and minute that the server wrote (in the outbreak's zone) on by whole minutes.
 * @param {Element} clock @param {number} minutes
 */
export function advance(clock, minutes) {
  const text = clock.getAttribute('data-text') ?? clock.textContent ?? '';
  clock.setAttribute('data-text', text);
  clock.textContent = text.replace(/(\d\d):(\d\d)/, (_, h, m) => {
    const total = (Number(h) * 60 + Number(m) + minutes) % 1440;
    return String(Math.floor(total / 60)).padStart(2, '0') + ':' + String(total % 60).padStart(2, '0');
  });
}
