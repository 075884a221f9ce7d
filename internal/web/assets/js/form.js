// Small comforts of forms: focus on the first error, drafts saved while typing, dialogs, menus.
import { say } from './words.js';

/** Starts dialogs, menus, autosave and the focus on errors. */
export function startForms() {
  const error = document.querySelector('[data-focus], .notice.conflict');
  if (error instanceof HTMLElement) error.focus();

  document.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const opener = target.closest('[data-dialog]');
    if (opener instanceof HTMLElement && opener.dataset.dialog) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog instanceof HTMLDialogElement) dialog.showModal();
      return;
    }
    const cancel = target.closest('dialog .actions a');
    if (cancel) { event.preventDefault(); cancel.closest('dialog')?.close(); }
    for (const menu of document.querySelectorAll('details[data-menu][open]')) {
      if (!menu.contains(target)) menu.removeAttribute('open');
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of document.querySelectorAll('details[data-menu][open]')) menu.removeAttribute('open');
  });

  // The list of screens and the filters are open on wide screens and folded on phones.
  const wide = matchMedia('(min-width: 761px)');
  const follow = () => {
    for (const part of document.querySelectorAll('details[data-wide-open]')) {
      if (part instanceof HTMLDetailsElement) part.open = wide.matches;
    }
  };
  wide.addEventListener('change', follow);
  follow();

  for (const zone of document.querySelectorAll('[data-drop]')) {
    if (zone instanceof HTMLElement) dropZone(zone);
  }
  for (const form of document.querySelectorAll('form[data-autosave]')) {
    if (form instanceof HTMLFormElement) autosave(form);
  }
}

/** @param {HTMLFormElement} form */
function autosave(form) {
  const note = form.querySelector('[data-saved]');
  /** @type {number | undefined} */
  let timer;
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const body = new URLSearchParams();
      for (const [name, value] of new FormData(form)) body.append(name, String(value));
      try {
        const answer = await fetch(form.dataset.autosave ?? '', { method: 'POST', body });
        if (answer.status === 409) { form.requestSubmit(); return; } // somebody else changed it: the whole form shows what
        if (answer.ok) {
          // The next save is on what this one made.
          const now = await answer.json();
          for (const name of ['version', 'seen']) {
            const input = form.elements.namedItem(name);
            if (input instanceof HTMLInputElement && now[name]) input.value = now[name];
          }
        }
        if (note) note.textContent = answer.ok ? '✓ ' + new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) : say('failed');
      } catch {
        if (note) note.textContent = say('failed');
      }
    }, 1500);
  });
}

/**
 * Takes a file that is dropped anywhere on the card, and says while it is sent that it is.
 * @param {HTMLElement} zone
 */
function dropZone(zone) {
  const input = zone.querySelector('input[type="file"]');
  if (!(input instanceof HTMLInputElement)) return;
  for (const name of ['dragenter', 'dragover']) {
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add('over'); });
  }
  for (const name of ['dragleave', 'drop']) zone.addEventListener(name, () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer?.files.length) input.files = event.dataTransfer.files;
  });
  zone.querySelector('form')?.addEventListener('submit', () => {
    // A second click would send the file twice. The form is gone with the answer.
    setTimeout(() => zone.querySelector('button')?.setAttribute('disabled', ''), 0);
    zone.setAttribute('aria-busy', 'true');
  });
}
