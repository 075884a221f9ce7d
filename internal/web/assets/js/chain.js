// The transmission graph: the server has laid it out (time by lane), this module draws it as SVG, so
// that nodes are links and the drawing can be saved as it is.
import { colour, island, say, shortDay } from './words.js';

const NS = 'http://www.w3.org/2000/svg';
const NARROW = 56; // of a day, in pixels
const WIDE = 120;
const LABEL = 56; // room for the last day's labels
const LANE = 28;
const LEFT = 24;
const TOP = 28;

/** @typedef {{id: string, x: number, y: number, kind: string, in: boolean, label: string, href?: string, size: number}} GraphNode */
/** @typedef {{from: string, to: string, sure: boolean, place?: string}} GraphLink */

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 * @returns {SVGElement}
 */
function svg(name, attributes, text) {
  const element = /** @type {SVGElement} */ (document.createElementNS(NS, name));
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text) element.textContent = text;
  return element;
}

/** @param {HTMLElement} figure with data-graph */
export function drawGraph(figure) {
  const canvas = figure.querySelector('.canvas');
  if (!(canvas instanceof HTMLElement)) return;
  /** @type {{days: string[], lanes: number, nodes: GraphNode[], links: GraphLink[], words: Record<string, string>}} */
  const data = island(figure, '[data-graph-data]');
  const nodes = data.nodes ?? [];
  const links = data.links ?? [];
  // A short outbreak spreads over the width there is; a long one scrolls.
  const days = Math.max(1, data.days.length);
  const DAY = Math.max(NARROW, Math.min(WIDE, (canvas.clientWidth - LEFT * 2 - LABEL) / days));
  const width = LEFT * 2 + days * DAY + LABEL;
  const height = TOP + Math.max(1, data.lanes) * LANE + 16;
  const picture = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group' });

  const axis = svg('g', { class: 'axis' });
  data.days.forEach((day, i) => {
    const x = LEFT + i * DAY;
    axis.append(svg('line', { x1: x, x2: x, y1: TOP - 8, y2: height }), svg('text', { x: x + 2, y: 12 }, shortDay(day)));
  });
  picture.append(axis);

  const x = (/** @type {GraphNode} */ n) => LEFT + n.x * DAY;
  const y = (/** @type {GraphNode} */ n) => TOP + n.y * LANE + 8;
  const byID = new Map(nodes.map((node) => [node.id, node]));
  /** @type {Map<string, Set<Element>>} */
  const touching = new Map();
  /** @param {string} id @param {Element} element */
  const touch = (id, element) => { if (!touching.has(id)) touching.set(id, new Set()); touching.get(id)?.add(element); };

  for (const link of links) {
    const from = byID.get(link.from);
    const to = byID.get(link.to);
    if (!from || !to) continue;
    const middle = (x(from) + x(to)) / 2;
    const path = svg('path', { class: link.sure ? 'link' : 'link likely', d: `M${x(from)} ${y(from)}C${middle} ${y(from)} ${middle} ${y(to)} ${x(to)} ${y(to)}` });
    if (link.place) path.append(svg('title', {}, link.place));
    picture.append(path);
    touch(link.from, path);
    touch(link.to, path);
  }
  /** @type {Map<string, Element>} */
  const drawn = new Map();
  for (const node of nodes) {
    const open = node.kind !== 'confirmed';
    const group = svg(node.href ? 'a' : 'g', { class: 'node' + (node.in ? ' in' : '') + (open ? ' open' : ''), ...(node.href ? { href: node.href } : {}) });
    const radius = 5 + Math.min(6, Math.sqrt(node.size) * 2);
    if (node.kind === 'event') group.append(svg('rect', { x: x(node) - 6, y: y(node) - 6, width: 12, height: 12 }));
    else group.append(svg('circle', { cx: x(node), cy: y(node), r: radius }));
    group.append(svg('text', { x: x(node) - 4, y: y(node) - radius - 3 }, node.label));
    const infected = node.size ? ', ' + (data.words.infected ?? '').replace('{n}', String(node.size)) : '';
    group.append(svg('title', {}, node.label + infected));
    picture.append(group);
    drawn.set(node.id, group);
    touch(node.id, group);
  }
  for (const link of links) {
    const from = drawn.get(link.from);
    const to = drawn.get(link.to);
    if (from) touch(link.to, from);
    if (to) touch(link.from, to);
  }
  // Whom a person was infected by and whom they infected stands out; the rest steps back.
  const all = picture.querySelectorAll('.node, .link');
  for (const [id, element] of drawn) {
    const on = () => { for (const other of all) other.classList.toggle('dim', !touching.get(id)?.has(other)); };
    const off = () => { for (const other of all) other.classList.remove('dim'); };
    element.addEventListener('mouseenter', on);
    element.addEventListener('mouseleave', off);
    element.addEventListener('focus', on);
    element.addEventListener('blur', off);
  }
  canvas.replaceChildren(picture);
  for (const button of figure.querySelectorAll('[data-save]')) {
    button.addEventListener('click', () => save(picture, button.getAttribute('data-save') ?? 'svg', figure.id, width, height).catch(() => { button.textContent = say('failed'); }));
  }
}

/**
 * Saves the picture with its colours written into it, on a white or dark ground as seen.
 * @param {SVGElement} picture @param {string} format @param {string} name @param {number} width @param {number} height
 */
async function save(picture, format, name, width, height) {
  const copy = /** @type {SVGElement} */ (picture.cloneNode(true));
  copy.setAttribute('xmlns', NS);
  copy.prepend(svg('rect', { width, height, fill: colour('--paper') }));
  const originals = picture.querySelectorAll('circle, rect, path, line, text');
  const copies = copy.querySelectorAll('a circle, a rect, g circle, g rect, path, line, text');
  originals.forEach((original, i) => {
    const style = getComputedStyle(original);
    for (const property of ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font-size', 'font-family', 'paint-order']) copies[i]?.setAttribute(property, style.getPropertyValue(property));
  });
  const source = new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' });
  if (format === 'svg') { download(source, name + '.svg'); return; }
  const address = URL.createObjectURL(source);
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * 2;
  canvas.height = height * 2;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob) download(blob, name + '.png');
}

/** @param {Blob} blob @param {string} name */
function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
