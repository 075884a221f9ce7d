// The one module every page loads. It starts what the page has a use for; drawings load only where
// there is something to draw.
import { startTheme } from './theme.js';
import { startLive } from './live.js';
import { startTables } from './table.js';
import { startSearch } from './search.js';
import { startForms } from './form.js';
import { startBoard } from './board.js';
import { startDrill } from './drill.js';

startTheme();
startLive();
startForms();
startTables(document);
startSearch();
startBoard(document);
startDrill();
draw(document);

document.addEventListener('click', (event) => {
  if (event.target instanceof Element && event.target.closest('[data-print]')) print();
});

document.addEventListener('htmx:load', (event) => {
  const root = /** @type {HTMLElement} */ (event.target);
  startTables(root);
  draw(root);
});

/**
 * Draws what is under root, once.
 * @param {ParentNode & Node} root
 */
function draw(root) {
  /** @type {[string, () => Promise<(element: HTMLElement) => unknown>][]} */
  const drawings = [
    ['[data-chart]', async () => (await import('./chart.js')).drawChart],
    ['[data-graph]', async () => (await import('./chain.js')).drawGraph],
    ['[data-map]', async () => (await import('./map.js')).drawMap],
  ];
  for (const [selector, load] of drawings) {
    const found = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.push(root);
    for (const element of found) {
      if (!(element instanceof HTMLElement) || element.dataset.drawn) continue;
      element.dataset.drawn = '1';
      load().then((drawing) => drawing(element)).catch((error) => {
        // The table behind the drawing is on the page already, so a person loses no number.
        element.classList.add('undrawn');
        console.error('drawing failed', error);
      });
    }
  }
}
