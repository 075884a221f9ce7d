// The map: our own GeoJSON on a plain ground, no tiles and nothing from outside. Without WebGL the
// table below it stays and says the same.
import { asset, colour, island, onTheme, say } from './words.js';

/** @typedef {{key: string, kind: string, href: string, shown: boolean, focus?: boolean}} Layer */

/** @param {HTMLElement} section with data-map */
export async function drawMap(section) {
  const canvas = section.querySelector('.canvas');
  if (!(canvas instanceof HTMLElement)) return;
  /** @type {{layers: Layer[] | null, words: Record<string, string>}} */
  const data = island(section, '[data-map-data]');
  const layers = data.layers ?? [];
  if (!layers.length) return;
  if (!webgl()) { without(section); return; }
  try {
    await draw(section, canvas, layers, data.words);
  } catch (error) {
    canvas.hidden = true;
    without(section);
    throw error;
  }
}

/** @returns {boolean} */
function webgl() {
  try {
    return Boolean(document.createElement('canvas').getContext('webgl2'));
  } catch {
    return false;
  }
}

/** @param {HTMLElement} section */
function without(section) {
  section.classList.remove('drawn');
  for (const element of section.querySelectorAll('.layers')) element.remove();
  const note = document.createElement('p');
  note.className = 'hint';
  note.textContent = say('nomap');
  section.querySelector('.map-head')?.after(note);
}

/** @param {HTMLElement} section @param {HTMLElement} canvas @param {Layer[]} layers @param {Record<string, string>} words */
async function draw(section, canvas, layers, words) {
  const library = await import(asset('maplibre'));
  library.setWorkerUrl(asset('maplibre-worker'));
  if (!document.querySelector('link[data-maplibre]')) {
    const css = document.createElement('link');
    css.rel = 'stylesheet';
    css.href = asset('maplibre-css');
    css.dataset.maplibre = '1';
    document.head.append(css);
  }
  /** @type {Record<string, any>} */
  const sources = {};
  const bounds = new library.LngLatBounds();
  await Promise.all(layers.map(async (layer) => {
    const answer = await fetch(layer.href);
    if (!answer.ok) throw new Error(layer.href + ': ' + answer.status);
    const features = await answer.json();
    sources[layer.key] = { type: 'geojson', data: features };
    const ground = layers.some((each) => each.focus) ? layer.focus : layer.kind === 'area' || layer.kind === 'site' && !layers.some((each) => each.kind === 'area');
    if (ground) for (const feature of features.features) extend(bounds, feature.geometry.coordinates);
  }));
  canvas.hidden = false;
  section.classList.add('drawn');
  const map = new library.Map({
    container: canvas, style: style(layers, sources), attributionControl: false, dragRotate: false, pitchWithRotate: false,
    locale: { 'Map.Title': words.drawing, 'NavigationControl.ZoomIn': words.zoomin, 'NavigationControl.ZoomOut': words.zoomout },
    ...(bounds.isEmpty() ? {} : { bounds, fitBoundsOptions: { padding: 24, maxZoom: 14 } }),
  });
  map.addControl(new library.NavigationControl({ showCompass: false }));
  map.touchZoomRotate.disableRotation();
  names(map, library, layers, sources);
  onTheme(() => { if (canvas.isConnected) map.setStyle(style(layers, sources), { diff: true }); });

  for (const layer of layers) {
    for (const id of [layer.key + '-fill', layer.key + '-point']) {
      map.on('click', id, (/** @type {any} */ event) => {
        const href = event.features?.[0]?.properties?.href;
        // Only a path of our own server: features are data, not instructions.
        if (typeof href === 'string' && href.startsWith('/') && !href.startsWith('//') && !event.defaultPrevented) { event.preventDefault(); location.href = href; }
      });
      map.on('mouseenter', id, () => { map.getCanvas().style.cursor = 'pointer'; });
      map.on('mouseleave', id, () => { map.getCanvas().style.cursor = ''; });
    }
  }
  for (const box of section.querySelectorAll('[data-layer]')) {
    box.addEventListener('change', () => {
      if (!(box instanceof HTMLInputElement)) return;
      const layer = layers.find((each) => each.key === box.dataset.layer);
      if (layer) layer.shown = box.checked;
      for (const suffix of ['-fill', '-shade', '-line', '-point']) {
        const id = box.dataset.layer + suffix;
        if (map.getLayer(id)) map.setLayoutProperty(id, 'visibility', box.checked ? 'visible' : 'none');
      }
    });
  }
}

/** @param {any} bounds @param {any} coordinates */
function extend(bounds, coordinates) {
  if (typeof coordinates[0] === 'number') bounds.extend(coordinates);
  else for (const inner of coordinates) extend(bounds, inner);
}

/**
 * Names of areas, as elements over the map: no glyph files are needed, and any script is drawn.
 * @param {any} map @param {any} library @param {Layer[]} layers @param {Record<string, any>} sources
 */
function names(map, library, layers, sources) {
  /** @type {HTMLElement[]} */
  const labels = [];
  for (const layer of layers.filter((each) => each.kind === 'area')) {
    for (const feature of sources[layer.key].data.features) {
      const box = new library.LngLatBounds();
      extend(box, feature.geometry.coordinates);
      const label = document.createElement('span');
      label.className = 'area-name';
      label.textContent = feature.properties?.name ?? '';
      if (!label.textContent || box.isEmpty()) continue;
      new library.Marker({ element: label }).setLngLat(feature.properties?.centre ?? box.getCenter()).addTo(map);
      labels.push(label);
    }
  }
  // Where two names would lie on each other the later one waits until the map is closer.
  const spread = () => {
    /** @type {DOMRect[]} */
    const taken = [];
    for (const label of labels) {
      const at = label.getBoundingClientRect();
      const hit = taken.some((other) => at.left < other.right && at.right > other.left && at.top < other.bottom && at.bottom > other.top);
      label.classList.toggle('crowded', hit);
      if (!hit) taken.push(at);
    }
  };
  map.on('moveend', spread);
  map.once('idle', spread);
}

/** @param {Layer[]} layers @param {Record<string, any>} sources */
function style(layers, sources) {
  /** @type {any[]} */
  const drawn = [{ id: 'ground', type: 'background', paint: { 'background-color': colour('--ground') } }];
  for (const layer of layers) {
    const layout = { visibility: layer.shown ? 'visible' : 'none' };
    const source = layer.key;
    if (layer.kind === 'point') {
      drawn.push({ id: source + '-point', type: 'circle', source, layout, paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 7, ['+', 2.5, ['sqrt', ['coalesce', ['get', 'n'], 1]]], 13, ['+', 6, ['sqrt', ['coalesce', ['get', 'n'], 1]]]],
        'circle-color': ['case', ['boolean', ['get', 'inside'], false], colour('--c-in'), colour('--c-out')],
        'circle-stroke-width': 1, 'circle-stroke-color': colour('--paper') } });
      continue;
    }
    if (layer.kind === 'site') {
      // The state is the colour, and what is silent or crowded is larger and ringed, so that the colour is not needed to find it.
      const state = (/** @type {any} */ late, /** @type {any} */ soon, /** @type {any} */ working, /** @type {any} */ rest) => ['match', ['get', 'status'], 'late', late, 'duesoon', soon, 'ontime', working, rest];
      drawn.push({ id: source + '-point', type: 'circle', source, layout, paint: {
        'circle-radius': state(8, 7, 5, 4), 'circle-color': state(colour('--late'), colour('--duesoon'), colour('--ontime'), colour('--paper')),
        'circle-stroke-width': state(3, 2, 1, 1), 'circle-stroke-color': state(colour('--paper'), colour('--paper'), colour('--paper'), colour('--muted')) } });
      continue;
    }
    const zone = layer.kind === 'zone';
    const fill = zone ? ['match', ['get', 'level'], 'high', colour('--zone-high'), colour('--zone-low')] : colour('--paper');
    drawn.push({ id: source + '-fill', type: 'fill', source, layout, paint: { 'fill-color': fill, 'fill-opacity': zone ? 0.35 : 1 } });
    // Over the paper, darker with the share of the cases; the numbers stand in the table below.
    if (!zone) drawn.push({ id: source + '-shade', type: 'fill', source, layout, paint: { 'fill-color': colour('--c-out'), 'fill-opacity': ['*', 0.4, ['coalesce', ['get', 'shade'], 0]] } });
    drawn.push({ id: source + '-line', type: 'line', source, layout, paint: { 'line-color': zone ? fill : colour('--muted'), 'line-width': zone ? 2 : 1 } });
  }
  return { version: 8, sources, layers: drawn };
}
