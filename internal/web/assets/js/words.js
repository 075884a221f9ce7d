// Words and formats that the server has put on the page in the reader's language.

/** @typedef {{tag: string, zone: string, patterns: Record<string, string>}} Words */

/** @type {Words | undefined} */
let words;

/** @returns {Words} */
function load() {
  const island = document.getElementById('browser-words');
  words ??= /** @type {Words} */ (JSON.parse(island?.textContent || '{"tag":"en","zone":"UTC","patterns":{}}'));
  return words;
}

/** @returns {string} the language of the page */
export const tag = () => load().tag;

/**
 * @param {string} key of the patterns
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function say(key, values = {}) {
  const pattern = load().patterns[key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * The size of a time span, by the same steps as the server's.
 * @param {number} ms
 * @returns {string}
 */
export function duration(ms) {
  const minutes = Math.floor(Math.abs(ms) / 60000);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(minutes / 1440);
  if (minutes < 1) return say('moment');
  if (hours < 1) return say('min', { m: minutes });
  if (days < 2 && minutes % 60 === 0) return say('h', { h: hours });
  if (days < 2) return say('hmin', { h: hours, m: String(minutes % 60).padStart(2, '0') });
  if (hours % 24 === 0 || days >= 14) return say('d', { d: days });
  return say('dh', { d: days, h: hours % 24 });
}

/**
 * @param {string} iso day
 * @returns {string} month and day in the page's language
 */
export function shortDay(iso) {
  // English pages write "4 Nov": a day of figures only is read as another day on the other side of the ocean.
  const english = tag() === 'en';
  return new Intl.DateTimeFormat(english ? 'en-GB' : tag(), { month: english ? 'short' : 'numeric', day: 'numeric', timeZone: 'UTC' }).format(new Date(iso + 'T00:00:00Z'));
}

/** @param {number} n @returns {string} */
export const number = (n) => new Intl.NumberFormat(tag()).format(n);

/**
 * The parsed data island of a drawing.
 * @param {Element} element
 * @param {string} selector
 * @returns {any}
 */
export function island(element, selector) {
  const script = element.querySelector(selector);
  if (!script) throw new Error('no data island ' + selector);
  return JSON.parse(script.textContent || 'null');
}

/** @param {string} name @returns {string} the address of a vendored file */
export function asset(name) {
  const meta = document.querySelector(`meta[name="asset-${name}"]`);
  if (!(meta instanceof HTMLMetaElement)) throw new Error('no asset ' + name);
  return meta.content;
}

/** @param {string} name of a custom property @returns {string} its colour now */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @type {Set<() => void>} */
const redraws = new Set();

/** @param {() => void} fn called when the theme changes */
export function onTheme(fn) { redraws.add(fn); }

/** Tells all drawings that colours have changed. */
export function themeChanged() { for (const fn of redraws) fn(); }

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', themeChanged);
