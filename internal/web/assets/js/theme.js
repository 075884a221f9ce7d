// Light and dark: turned at once, and saved with the person's preferences by the same form.
import { themeChanged } from './words.js';

/** Starts the theme button. */
export function startTheme() {
  const button = document.querySelector('[data-theme-toggle]');
  if (!(button instanceof HTMLButtonElement) || !button.form) return;
  const form = button.form;
  button.addEventListener('click', (event) => {
    event.preventDefault();
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) body.append(name, String(value));
    body.set('theme', root.dataset.theme);
    // If saving fails the page is still in the colours asked for; the next page asks again.
    fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => {});
    button.value = dark ? 'dark' : 'light';
    themeChanged();
  });
}
