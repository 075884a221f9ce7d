// What holds on every page, checked inside the page. Each check gives back sentences that say what is wrong and where; none means all is well.

/**
 * Looks at the page as it stands.
 * @param {import('playwright-core').Page} page
 * @param {{lang: 'en' | 'zh', data?: string[]}} as the language the page must be in, and words of the data on it that are in another
 * @returns {Promise<string[]>}
 */
export function faults(page, as) { return page.evaluate(look, as); }

// Runs in the page, so it uses nothing from outside of itself.
function look({ lang, data: words = [] }) {
  const data = words.toSorted((a, b) => b.length - a.length); // no word is taken out of the middle of a longer one
  const wrong = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const seen = (element) => shown(element) && !element.closest('.sr, .skip, [aria-hidden="true"]');
  const where = (element) => {
    const text = (element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40);
    return `<${element.tagName.toLowerCase()}${element.id ? '#' + element.id : ''}${[...element.classList].map((c) => '.' + c).join('')}>${text ? ` "${text}"` : ''}`;
  };

  // Who is told about the page: language, headings, names, identifiers.
  const tag = document.documentElement.lang;
  if (lang === 'zh' ? !/^zh/.test(tag) : !/^en/.test(tag)) wrong.push(`the page says it is in ${tag || 'no language'}`);
  const heads = [...document.querySelectorAll('h1')];
  if (heads.length !== 1) wrong.push(`${heads.length} h1 on the page`);
  if (!document.title.trim()) wrong.push('no title');
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
  const ids = new Set();
  for (const element of document.querySelectorAll('[id]')) {
    if (ids.has(element.id)) wrong.push(`id ${element.id} is there twice`);
    ids.add(element.id);
  }
  const named = (element) => {
    const text = (list) => list.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
    if (element.getAttribute('aria-label')?.trim()) return true;
    if (element.hasAttribute('aria-labelledby') && text(element.getAttribute('aria-labelledby')).trim()) return true;
    if ([...(element.labels ?? [])].some((label) => label.textContent.trim())) return true;
    if (element.matches('a, button, summary, [role="button"]')) return Boolean(element.textContent.trim() || element.querySelector('img[alt]:not([alt=""])'));
    return false;
  };
  for (const element of document.querySelectorAll('input:not([type="hidden"]), select, textarea, button, a[href], summary')) {
    if (!named(element)) wrong.push(`no name: ${where(element)} ${element.getAttribute('name') ?? element.getAttribute('href') ?? ''}`);
  }

  // Room: nothing beside the screen, and on phones nothing too small for a thumb.
  const beyond = document.scrollingElement.scrollWidth - innerWidth;
  if (beyond > 0) {
    // What scrolls in a box of its own does not make the page wider.
    const boxed = (element) => { for (let e = element.parentElement; e && e !== document.body; e = e.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)) return true; return false; };
    const widest = [...document.querySelectorAll('body *')].filter((e) => seen(e) && !boxed(e)).sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right)[0];
    wrong.push(`the page is ${beyond} px wider than the screen${widest ? ', by ' + where(widest) : ''}`);
  }
  if (innerWidth <= 760) {
    const main = 'button, .button, select, textarea, input:not([type="hidden"], [type="checkbox"], [type="radio"]), .screens summary, .screens a, .tabs a, .pager a';
    for (const element of document.querySelectorAll(main)) {
      if (!seen(element) || element.closest('.maplibregl-ctrl')) continue;
      const box = element.getBoundingClientRect();
      if (box.width && (box.height < 40 || box.width < 40)) wrong.push(`too small for a thumb, ${Math.round(box.width)} × ${Math.round(box.height)} px: ${where(element)}`);
    }
  }

  // Text that is cut off with nothing to say so, or written over its neighbour.
  for (const element of document.querySelectorAll('button, .button, .badge, .tabs a, th, dt')) {
    if (seen(element) && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline') wrong.push(`text does not fit: ${where(element)}`);
  }

  // Contrast of every piece of text against the ground it stands on.
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const colours = new Map();
  const rgba = (value) => {
    if (!colours.has(value)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = value;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      colours.set(value, [r, g, b, a / 255]);
    }
    return colours.get(value);
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const groundOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const told = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element || element.closest('script, svg, option, noscript, :disabled') || !seen(element)) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const ink = over(rgba(style.color), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5 && !told.has(style.color + ground)) {
      told.add(style.color + ground);
      wrong.push(`contrast ${ratio.toFixed(2)}: ${where(element)}, ${style.color} on rgb(${ground.slice(0, 3).map(Math.round)})`);
    }
  }

  // A value that was written as the program prints it, not as a person reads it.
  const raw = document.body.innerText.match(/<nil>|map\[|0001-01-01|%!\w\(/);
  if (raw) wrong.push(`a value is shown raw: ${raw[0]}`);

  // Text that the catalogue does not have shows its key between these.
  if (/[‹›]\w/.test(document.body.innerText.replace(/›/g, (m, at, all) => (/\w/.test(all[at + 1] ?? '') && all[at - 1] !== '\n' ? m : ' ')))) wrong.push('a text is missing: its key is shown');

  // A Chinese page says nothing in English but names and codes, which are data.
  if (lang === 'zh') {
    // Words that stay: names of things, units, keys of a keyboard, forms of files.
    const kept = /\b(firebreak|COVID-19|Omicron|UTC|Ct|PCR|CSV|XLSX|PDF|JSON|GeoJSON|PNG|SVG|GEXF|GraphML|epicontacts|Excel|Esc|Enter|Ctrl|Shift|Rt|EN|KiB|MiB|xlsx|ID|API|IPC|min|km)\b/g;
    const foreign = '.code, code, [translate="no"], .outbreak, .pack, .masked, .who small, .menu b, [lang="en"], [data-data], .values, .crumbs, .chain-why small, kbd, option[value=""], .maplibregl-map';
    const check = (text, element) => {
      const rest = data.reduce((left, word) => left.replaceAll(word, ' '), text).replace(kept, ' ').replace(/\b[\w-]*\d[\w-]*\b|\b[0-9A-Z]{5}-[0-9A-Z]{5}\b/g, ' ');
      const words = rest.match(/[A-Za-z]{2,}/g);
      if (words) wrong.push(`English on a Chinese page: "${words.join(' ').slice(0, 80)}" in ${where(element)}`);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const element = node.parentElement;
      if (!element || element.closest(`script, noscript, ${foreign}`) || !(shown(element) || element.closest('.sr, dialog, details'))) continue;
      check(node.textContent, element);
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
      if (element.closest(foreign)) continue;
      for (const name of ['aria-label', 'title', 'placeholder']) check(element.getAttribute(name) ?? '', element);
    }
    check(document.title, document.querySelector('title'));
  }
  return wrong;
}
