// Keyboard and selection in lists: j and k move, x selects, Enter opens; Shift selects a range.
import { say } from './words.js';

/**
 * Starts the lists under root.
 * @param {ParentNode & Node} root
 */
export function startTables(root) {
  const lists = [...root.querySelectorAll('[data-table]')];
  if (root instanceof Element && root.matches('[data-table]')) lists.push(root);
  for (const list of lists) {
    if (list instanceof HTMLElement && !list.dataset.started) {
      list.dataset.started = '1';
      start(list);
    }
  }
  if (!document.documentElement.dataset.tableKeys) {
    document.documentElement.dataset.tableKeys = '1';
    document.addEventListener('keydown', keys);
  }
}

/** @param {HTMLElement} list */
function start(list) {
  const bar = list.querySelector('[data-bulk-bar]');
  const count = list.querySelector('[data-selected]');
  const all = list.querySelector('[data-pick-all]');
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll('input[name="id"]')]);
  /** @type {HTMLInputElement | undefined} */
  let last;

  const show = () => {
    const picked = boxes().filter((box) => box.checked);
    for (const box of boxes()) box.closest('tr')?.classList.toggle('picked', box.checked);
    bar?.classList.toggle('on', picked.length > 0);
    if (count) count.textContent = picked.length ? say('selected', { n: picked.length }) : '';
    if (all instanceof HTMLInputElement) {
      all.checked = picked.length > 0 && picked.length === boxes().length;
      all.indeterminate = picked.length > 0 && !all.checked;
    }
  };
  list.addEventListener('click', (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.name !== 'id') return;
    if (event instanceof MouseEvent && event.shiftKey && last) {
      const rows = boxes();
      const [from, to] = [rows.indexOf(last), rows.indexOf(box)].sort((a, b) => a - b);
      for (const between of rows.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
  });
  list.addEventListener('change', (event) => {
    if (event.target === all && all instanceof HTMLInputElement) for (const box of boxes()) box.checked = all.checked;
    show();
  });
  // A refresh would lose the selection under the person's hands, so it waits until there is none.
  list.addEventListener('htmx:beforeRequest', (event) => {
    if (event.target === list && (boxes().some((box) => box.checked) || list.querySelector('.filters :focus'))) event.preventDefault();
  });
  show();
}

/** @param {KeyboardEvent} event */
function keys(event) {
  const target = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (target.closest('input:not([type="checkbox"]), select, textarea, [contenteditable]')) return;
  const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-table] tbody tr')]);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains('at'));
  if (event.key === 'j' || event.key === 'k') {
    const next = Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + (event.key === 'j' ? 1 : -1)));
    rows[at]?.classList.remove('at');
    rows[next].classList.add('at');
    rows[next].scrollIntoView({ block: 'nearest' });
    // Focus goes along, so that a screen reader reads the row.
    const link = rows[next].querySelector('a');
    link?.focus({ preventScroll: true });
    event.preventDefault();
  } else if (event.key === 'x' && at >= 0) {
    const box = rows[at].querySelector('input[name="id"]');
    if (box instanceof HTMLInputElement) {
      box.checked = !box.checked;
      box.dispatchEvent(new Event('change', { bubbles: true }));
    }
  } else if (event.key === 'Enter' && at >= 0 && rows[at].dataset.href && !target.closest('a, button, summary')) {
    location.href = rows[at].dataset.href ?? '';
  }
}
