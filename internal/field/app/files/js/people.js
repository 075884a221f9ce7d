// The desk: one tube, the people in it, and the next thing to do under the thumb.
import { clean, documentFault, documentNumber, label, mask, maskCode } from './codes.js';
import { limit } from './desk.js';
import { confirm, form, h, icon, segments, sheet } from './ui.js';
import { clockTime, say } from './words.js';

/** Somebody without a code: the number of their document and their name. */
export async function papers(app, number = '') {
  const fields = [
    { name: 'number', text: say('papers.number'), hint: say('papers.number_hint'), value: number, mode: 'text', capitals: 'characters' },
    { name: 'name', text: say('papers.name'), hint: say('papers.name_hint') },
  ];
  const given = await form(say('papers.title'), '', number ? fields.toReversed() : fields, say('papers.add'), (values) => {
    const fault = documentFault(values.number);
    if (fault === 'id') return { text: say('papers.fault_id'), warn: true };
    if (fault) return { text: say('papers.fault_' + fault), field: 'number' };
    const name = values.name.trim();
    if (!name || new TextEncoder().encode(name).length > 200) return { text: say('papers.fault_name'), field: 'name' };
    return '';
  });
  if (!given) return undefined;
  return app.run((insist) => app.desk.addDocument(documentNumber(given.number), given.name, insist), ({ tube, full }) => [
    full ? 'full' : 'ok', say('told.person', { who: mask(given.name) }), full && tube.code ? say('told.full', { tube: tube.code }) : tube.code ? '' : say('told.label_next'),
  ]);
}

const shownAtOnce = 30;

/** Who of the list a text may mean: each of its words is in the name, the door or the code. */
export function matches(people, text) {
  const words = clean(text).toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? [] : people.filter((p) => words.every((w) => p.some((field) => field.toLowerCase().includes(w))));
}

/** Finds somebody in the community's list, which is on the phone: by surname, building or door. */
export async function searchList(app) {
  const { people, at, long } = await app.desk.list();
  const code = await sheet(say('list.title'), (end) => {
    const found = h('ul.found');
    const count = h('p.hint', { role: 'status' });
    const input = h('input', { id: 'sheet-search', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search', autofocus: true, 'aria-label': say('list.search') });
    const show = () => {
      const list = matches(people, input.value);
      found.replaceChildren(...list.slice(0, shownAtOnce).map(([who, name, door]) => h('li', h('button', { type: 'button', onclick: () => end(who) }, h('b.masked', { 'data-data': true }, name || '–'), h('span', { 'data-data': true }, door), h('small.mono', { 'data-data': true }, maskCode(who))))));
      count.textContent = input.value.trim() === '' ? say('list.n', { n: people.length, at: clockTime(at) }) : list.length > shownAtOnce ? say('list.more', { n: list.length }) : say('list.found', { n: list.length });
    };
    input.addEventListener('input', show);
    if (people.length > 0) show();
    else count.textContent = say(long ? 'list.long' : 'list.none');
    return [people.length > 0 && h('div.field', h('label', { for: 'sheet-search' }, say('list.search')), input, h('small', say('list.hint'))), count, found, h('div.actions', h('button.big', { type: 'button', onclick: () => end(undefined) }, say('cancel')))];
  });
  return code && app.addPerson(code);
}

/** A code that no camera reads is typed. */
export async function typeCode(app, title, hint) {
  const given = await form(title, hint, [{ name: 'code', text: say('type.code'), mode: 'text', capitals: 'characters' }], say('type.take'), ({ code }) => (label(code) ? '' : say('reason.unreadable')));
  if (given) await app.scan(given.code, true);
}

const typeAny = (app) => {
  const waiting = Boolean(app.state.tube);
  return typeCode(app, say(waiting && app.state.tube.code ? 'type.person' : 'type.tube'), say('type.hint'));
};

/** Takes one person out. */
function people(app) {
  return sheet(say('people.title', { tube: app.state.tube.code ?? '–' }), (end) => [
    h('ol.people', app.state.members.map((m) => h('li', h('span.masked', m.shown), h('small', clockTime(m.at)), h('button', {
      type: 'button', 'aria-label': say('people.remove', { who: m.shown }),
      onclick: async () => { end(); if (await confirm(say('people.remove', { who: m.shown }), say('people.remove_text'), say('people.remove_yes'), { danger: true })) app.run(() => app.desk.remove(m.id), () => ['ok', say('told.removed', { who: m.shown })]); },
    }, icon('no'))))),
    h('div.actions', h('button.big', { type: 'button', autofocus: true, onclick: () => end() }, say('close'))),
  ]);
}

async function undo(app) {
  await app.run(() => app.desk.undo(), ({ removed, reopened, dropped }) => ['ok', removed ? say('told.removed', { who: removed }) : reopened ? say('told.reopened', { tube: reopened.code }) : say('told.dropped', { tube: dropped.code ?? '' })]);
}

/** The label of a tube was mistyped: another is given to the tube that is being put right. */
async function relabel(app) {
  const given = await form(say('mend.label'), say('mend.label_text'), [{ name: 'code', text: say('type.code'), value: app.state.tube.code, capitals: 'characters' }], say('mend.label_yes'), ({ code }) => (label(code, true) ? '' : say('reason.unreadable')));
  if (given) await app.run(() => app.desk.relabel(label(given.code, true)), ({ code }) => ['ok', say('told.labelled', { tube: code })]);
}

function tubeCard(app) {
  const { tube, members, most, round, kind } = app.state;
  const chosen = tube?.kind ?? kind;
  const kinds = [['pool', say('kind.pool', { n: round?.pool ?? 10 })], ['household', say('kind.household')], ['single', say('kind.single')]];
  const choose = (value) => app.run(() => app.desk.kind(value), () => ['ok', say('told.kind_' + value)]);
  const picker = segments(say('kind'), chosen, kinds.map(([value, text]) => ({ value, text, disabled: Boolean(tube) && tube.n > limit({ ...tube, kind: value }, round) })), choose);
  if (!tube) return h('section.tube.none', h('h2', say('tube.none')), h('p', say('tube.none_hint')), picker, chosen === 'household' && h('p.hint', say('kind.home')));
  const last = members.at(-1);
  return h('section.tube', { 'data-full': tube.n >= most },
    h('div.tube-head', h('div', h('small', say('tube.label')), h('h2.mono', { 'data-data': true }, tube.code ?? say('tube.unlabelled'))), h('div.count', h('b', String(tube.n)), h('span', ` / ${most}`))),
    h('div.dots', { role: 'img', 'aria-label': say('tube.of', { n: tube.n, most }) }, Array.from({ length: most }, (_, i) => h('i', { 'data-in': i < tube.n }))),
    tube.mended && h('p.hint', say('mend.now'), ' ', h('button', { type: 'button', onclick: () => relabel(app) }, say('mend.label'))),
    h('div.last', last ? [h('span', say('tube.last')), h('b.masked', last.shown), h('button', { type: 'button', onclick: () => people(app) }, say('tube.people', { n: tube.n }))] : h('span', say('tube.empty'))),
    picker);
}

export function deskScreen(app) {
  const { tube, most, undo: canUndo, tubes, people: sampled, round } = app.state;
  const full = tube && tube.n >= most;
  const close = () => app.run(() => app.desk.close(), (t) => ['ok', say('told.closed', { tube: t.code, n: t.n }), say('tube.next')]);
  const scanning = Boolean(app.camera);
  const main = full && tube.code
    ? h('button.huge.primary', { type: 'button', onclick: close }, say('tube.close_now'))
    : h('button.huge.primary', { type: 'button', 'aria-pressed': scanning ? 'true' : undefined, onclick: () => (scanning ? (app.closeCamera(), app.render()) : app.openCamera()) }, icon('camera'), scanning ? say('scan.stop') : !tube ? say('scan.tube') : tube.code ? say('scan.person') : say('scan.label'));
  return [
    h('div.work',
      h('h1.sr', say('title')),
      !round && h('p.notice', say('round.none')), round && round.state === 'closed' && h('p.notice', say('round.ended', { round: round.name })),
      app.cameraPanel(), tubeCard(app),
      h('p.tally', say('tally', { tubes, people: sampled, boxes: app.state.boxes.filter((b) => b.state !== 'open').length }))),
    h('div.thumb', app.saidBand(),
      h('div.row', h('button', { type: 'button', onclick: () => papers(app) }, say('papers.open')), h('button', { type: 'button', onclick: () => searchList(app) }, say('list.open')), h('button', { type: 'button', onclick: () => typeAny(app) }, say('type.open')),
        h('button', { type: 'button', disabled: !canUndo, onclick: () => undo(app) }, say('undo')), h('button', { type: 'button', disabled: !tube || tube.n === 0 || !tube.code || (full && Boolean(tube.code)), onclick: close }, say('tube.close'))),
      main),
  ];
}

