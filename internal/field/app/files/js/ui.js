// The few pieces that every screen of the app is made of.
import { say } from './words.js';

/**
 * An element: h('button.primary', { onclick, title }, 'text', child...). Attributes that are false or undefined are left out.
 * @returns {HTMLElement}
 */
export function h(what, attributes, ...children) {
  const [tag, ...classes] = what.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length > 0) element.className = classes.join(' ');
  if (attributes?.nodeType || typeof attributes === 'string' || Array.isArray(attributes)) {
    children.unshift(attributes);
    attributes = {};
  }
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(3).filter((c) => c !== undefined && c !== null && c !== false && c !== ''));
  return element;
}

const svg = (name) => {
  const shapes = {
    camera: 'M4 8h4l2-3h4l2 3h4v11H4zM12 10a3.5 3.5 0 1 0 .01 0',
    desk: 'M9 3h6M10 3v14a2 2 0 0 0 4 0V3M10 11h4', box: 'M4 8l8-4 8 4v9l-8 4-8-4zM4 8l8 4 8-4M12 12v9', send: 'M4 12l16-8-6 16-3-6z',
    more: 'M4 7h16M4 12h16M4 17h16', ok: 'M4 13l5 5L20 6', no: 'M6 6l12 12M18 6L6 18', ask: 'M9 9a3 3 0 1 1 4 3c-1 .6-1 1-1 2M12 18v.5', torch: 'M9 3h6v5l-2 3v10h-2V11L9 8z',
  };
  const out = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', class: 'ic', 'aria-hidden': 'true' })) out.setAttribute(key, value);
  const path = document.createElementNS(out.namespaceURI, 'path');
  path.setAttribute('d', shapes[name]);
  out.append(path);
  return out;
};
export const icon = svg;

/** A choice of one among a few, in a row. */
export function segments(name, chosen, options, choose) {
  return h('div.segments', { role: 'group', 'aria-label': name }, options.map(({ value, text, disabled }) => h('button', { type: 'button', 'aria-pressed': String(value === chosen), disabled, onclick: () => choose(value) }, text)));
}

let open = 0;
/** Whether a question waits for its answer. */
export const asking = () => open > 0;

/**
 * A sheet at the thumb. build is given a function that ends it with a value; closing it otherwise ends it with undefined.
 * @returns {Promise<any>}
 */
export function sheet(title, build) {
  return new Promise((resolve) => {
    let out;
    const dialog = h('dialog.sheet', { 'aria-label': title });
    const end = (value) => { out = value; dialog.close(); };
    dialog.append(h('h2', title), ...[build(end)].flat());
    dialog.addEventListener('close', () => { open -= 1; dialog.remove(); resolve(out); });
    document.body.append(dialog);
    open += 1;
    dialog.showModal();
    dialog.querySelector('[autofocus]')?.focus();
  });
}

/** Asks whether to go on. No is the safe answer, and the one that a stray touch gives. */
export const confirm = (title, text, yes, { danger = false } = {}) => sheet(title, (end) => [
  h('p', text),
  h('div.actions', h('button.big' + (danger ? '.danger' : '.primary'), { type: 'button', onclick: () => end(true) }, yes), h('button.big', { type: 'button', onclick: () => end(false) }, say('cancel'))),
]);

/** A form in a sheet: fields, and what happens with them. check gives back a sentence on what is wrong, or ''. */
export function form(title, intro, fields, yes, check = () => '') {
  return sheet(title, (end) => {
    const wrong = h('p.wrong', { role: 'alert', hidden: true });
    const inputs = fields.map((f) => h('input', {
      id: 'sheet-' + f.name, name: f.name, value: f.value, inputmode: f.mode, autocomplete: 'off', autocapitalize: f.capitals ?? 'off', spellcheck: 'false', enterkeyhint: 'done', required: f.optional !== true, autofocus: f === fields[0],
    }));
    const rows = fields.map((f, i) => h('div.field', h('label', { for: 'sheet-' + f.name }, f.text), inputs[i], f.hint && h('small', f.hint)));
    let warned = '';
    const submit = (event) => {
      event.preventDefault();
      const values = Object.fromEntries(inputs.map((input) => [input.name, input.value]));
      const fault = check(values);
      const text = typeof fault === 'string' ? fault : fault.text;
      if (text && !(fault.warn && warned === JSON.stringify(values))) {
        warned = JSON.stringify(values);
        wrong.textContent = text;
        wrong.hidden = false;
        if (fault.field) dialogField(inputs, fault.field);
        return;
      }
      end(values);
    };
    return [intro && h('p', intro), h('form', { onsubmit: submit, novalidate: true }, rows, wrong, h('div.actions', h('button.big.primary', { type: 'submit' }, yes), h('button.big', { type: 'button', onclick: () => end(undefined) }, say('cancel'))))];
  });
}

function dialogField(inputs, name) {
  const input = inputs.find((i) => i.name === name);
  if (!input) return;
  input.closest('.field').hidden = false;
  input.focus();
}
