// The Ctrl K palette: asks the server while typing; arrows choose, Enter opens. The server answers
// with links; this module makes them options of the list.
import { say } from './words.js';

/** Starts the palette, if the page has one. */
export function startSearch() {
  const dialog = document.getElementById('search');
  const form = dialog?.querySelector('form');
  const input = dialog?.querySelector('input');
  const hits = document.getElementById('search-hits');
  if (!(dialog instanceof HTMLDialogElement) || !form || !input || !hits) return;

  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      dialog.showModal();
      input.select();
    }
  });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });

  const options = () => /** @type {HTMLElement[]} */ ([...hits.querySelectorAll('[role="option"]')]);
  /** @param {number} index */
  const choose = (index) => {
    options().forEach((option, i) => option.setAttribute('aria-selected', String(i === index)));
    const chosen = options()[index];
    if (chosen) { input.setAttribute('aria-activedescendant', chosen.id); chosen.scrollIntoView({ block: 'nearest' }); }
    else input.removeAttribute('aria-activedescendant');
  };
  const chosen = () => options().findIndex((option) => option.getAttribute('aria-selected') === 'true');

  /** @type {AbortController | undefined} */
  let asking;
  /** @type {number | undefined} */
  let timer;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      asking?.abort();
      const q = input.value.trim();
      if (!q) { hits.replaceChildren(); input.setAttribute('aria-expanded', 'false'); return; }
      asking = new AbortController();
      try {
        const answer = await fetch(form.action + '?' + new URLSearchParams({ q }), { signal: asking.signal, headers: { 'HX-Request': 'true' } });
        if (!answer.ok) throw new Error(answer.statusText);
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const links = [...page.querySelectorAll('a[href]')];
        links.forEach((link, i) => { link.setAttribute('role', 'option'); link.id = 'hit-' + i; link.setAttribute('tabindex', '-1'); });
        if (links.length) hits.replaceChildren(...links);
        else hits.textContent = say('nohits', { q });
        input.setAttribute('aria-expanded', String(links.length > 0));
        choose(0);
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'AbortError')) hits.textContent = say('failed');
      }
    }, 120);
  });
  input.addEventListener('keydown', (event) => {
    const n = options().length;
    if (event.key === 'ArrowDown' && n) { choose((chosen() + 1) % n); event.preventDefault(); }
    if (event.key === 'ArrowUp' && n) { choose((chosen() + n - 1) % n); event.preventDefault(); }
    if (event.key === 'Enter' && chosen() >= 0) { event.preventDefault(); options()[chosen()].click(); }
  });
}
