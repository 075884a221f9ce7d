// The app's words, in the languages that the server was built with.

let all = {}, lang = 'en', plurals;

/** @param {Record<string, {tag: string, name: string, texts: Record<string, string | Record<string, string>>}>} list */
export function loadWords(list) { all = list; }

export const languages = () => Object.entries(all).map(([id, l]) => ({ id, name: l.name }));
export const language = () => lang;
export const tag = () => all[lang].tag;

/** Takes the language asked for, or the best for the browser. */
export function speak(choice, wanted = navigator.languages ?? [navigator.language]) {
  lang = all[choice] ? choice : wanted.map((w) => w.split('-')[0].toLowerCase()).find((w) => all[w]) ?? 'en';
  plurals = new Intl.PluralRules(tag());
  document.documentElement.lang = tag();
  return lang;
}

/** The text of a key with its values put in; n chooses the plural form. Numbers are written in the language's way. */
export function say(key, values = {}) {
  const found = all[lang]?.texts[key];
  if (found === undefined) return `‹${key}›`;
  const text = typeof found === 'string' ? found : found[plurals.select(Number(values.n ?? 0))] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (values[name] === undefined ? whole : typeof values[name] === 'number' ? number(values[name]) : values[name]));
}

export const has = (key) => all[lang]?.texts[key] !== undefined;
export const number = (n) => new Intl.NumberFormat(tag()).format(n);

/** Hour and minute, with the day before it where it is not today. */
export function clockTime(at, now = Date.now()) {
  const date = new Date(at);
  const day = date.toDateString() === new Date(now).toDateString() ? {} : { month: lang === 'en' ? 'short' : 'numeric', day: 'numeric' };
  return new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : tag(), { ...day, hour: '2-digit', minute: '2-digit', hour12: false }).format(date);
}

/** The size of a time span, by the same steps as the screens'. */
export function span(ms) {
  const minutes = Math.floor(Math.abs(ms) / 60000), hours = Math.floor(minutes / 60);
  if (minutes < 1) return say('span.moment');
  if (hours < 1) return say('span.min', { m: minutes });
  if (hours < 48) return say('span.hmin', { h: hours, m: String(minutes % 60).padStart(2, '0') });
  return say('span.d', { d: Math.floor(hours / 24) });
}
