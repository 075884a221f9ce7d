// Boxes: packed at the desk, taken by a courier, received by the laboratory. At each step somebody scans the box.
import { typeCode } from './people.js';
import { form, h, icon, segments } from './ui.js';
import { clockTime, say } from './words.js';

const isCount = (text) => /^\d{1,4}$/.test(text.trim());

/** At the desk: the first scan is the box, those after it are tubes. */
export async function scanBox(app, code) {
  if (!code) return app.tell('refused', say('reason.unreadable'));
  if (!app.state.box) return app.run(() => app.desk.openBox(code), (box) => ['ok', say('box.opened', { box: box.code }), say('box.scan_tubes')]);
  return app.run((insist) => app.desk.pack(code, insist), (box) => ['ok', say('box.packed_tube', { tube: code }), say('box.holds', { n: box.tubes.length })]);
}

/** Reconciliation: somebody counts without being told what the system has; where the two differ, they say why. */
async function closeBox(app) {
  const box = app.state.box;
  const n = box.tubes.length;
  const given = await form(say('box.count'), say('box.count_text', { box: box.code }), [
    { name: 'counted', text: say('box.counted'), mode: 'numeric' }, { name: 'note', text: say('box.note'), hint: say('box.note_hint'), optional: true },
  ], say('box.close'), ({ counted, note }) => {
    if (!isCount(counted)) return { text: say('box.no_count'), field: 'counted' };
    if (Number(counted) !== n && !note.trim()) return { text: say('reason.count_differs', { counted: Number(counted), n }), field: 'note' };
    return '';
  });
  if (given) await app.run(() => app.desk.closeBox(Number(given.counted), given.note), (b) => ['ok', say('box.closed', { box: b.code, n: b.tubes.length }), b.counted === n ? say('box.agrees') : say('box.differs', { counted: b.counted, n })]);
}

const stateOf = (box) => say('box.state.' + box.state);

function boxRow(box) {
  const { unknown = [], elsewhere = [] } = box.answer ?? {};
  return h('li', h('b.mono', { 'data-data': true }, box.code), h('span', say('box.holds', { n: box.tubes.length })), h('span.state', { 'data-state': box.state }, stateOf(box)),
    box.counted !== undefined && h('small', box.counted === box.tubes.length ? say('box.agrees') : say('box.differs', { counted: box.counted, n: box.tubes.length })),
    unknown.length > 0 && h('small.wrong', say('box.unknown', { n: unknown.length }), ' ', h('span.mono', { 'data-data': true }, unknown.join(' '))), elsewhere.length > 0 && h('small.wrong', say('box.elsewhere', { n: elsewhere.length }), ' ', h('span.mono', { 'data-data': true }, elsewhere.join(' '))));
}

const scanButton = (app, text) => h('button.huge.primary', { type: 'button', 'aria-pressed': app.camera ? 'true' : undefined, onclick: () => (app.camera ? (app.closeCamera(), app.render()) : app.openCamera()) }, icon('camera'), app.camera ? say('scan.stop') : text);

export function boxesScreen(app) {
  const { box, boxes, loose } = app.state;
  const packed = boxes.filter((b) => b.state !== 'open').sort((a, b) => b.packed - a.packed);
  return [
    h('div.work', h('h1', say('tab.boxes')), app.cameraPanel(),
      box
        ? h('section.tube', h('div.tube-head', h('div', h('small', say('box.label')), h('h2.mono', { 'data-data': true }, box.code)), h('div.count', h('b', String(box.tubes.length)), h('span', ' ' + say('box.tubes')))),
          box.tubes.length > 0 && h('p.tags', box.tubes.slice(-8).toReversed().map((t) => h('span.mono', { 'data-data': true }, t)), box.tubes.length > 8 && h('span', say('box.more', { n: box.tubes.length - 8 }))),
          h('p', say('box.loose', { n: loose.length })),
          loose.length > 0 && h('button.big', { type: 'button', onclick: () => app.run(() => app.desk.packAll(), (b) => ['ok', say('box.all_packed'), say('box.holds', { n: b.tubes.length })]) }, say('box.pack_all', { n: loose.length })))
        : h('section.tube.none', h('h2', say('box.none')), h('p', say('box.none_hint')), h('p', say('box.loose', { n: loose.length }))),
      packed.length > 0 && h('ul.list', packed.map(boxRow))),
    h('div.thumb', app.saidBand(),
      h('div.row', h('button', { type: 'button', onclick: () => typeCode(app, say(box ? 'type.tube' : 'type.box'), say('type.hint_box')) }, say('type.open')),
        box && h('button', { type: 'button', disabled: box.tubes.length === 0, onclick: () => app.run(() => app.desk.unpack(), ({ out }) => ['ok', say('box.out', { tube: out })]) }, say('undo')),
        box && h('button', { type: 'button', disabled: box.tubes.length === 0, onclick: () => closeBox(app) }, say('box.close'))),
      scanButton(app, box ? say('scan.tube_in') : say('scan.box'))),
  ];
}

/** At the courier: the step is chosen once, then each scan is one box. How many tubes are in it, its slip says; what was collected is proposed when it is delivered. */
export async function scanForCourier(app, code) {
  if (!code) return app.tell('refused', say('reason.unreadable'));
  const step = app.prefs.step ?? 'collected';
  const given = await form(say('courier.count', { box: code }), say('courier.count_text'), [
    { name: 'counted', text: say('box.counted'), mode: 'numeric', value: String(await app.desk.countOf(code) ?? '') }, { name: 'note', text: say('lab.note'), hint: say('courier.note_hint'), optional: true },
  ], say('step.' + step), ({ counted }) => (isCount(counted) ? '' : { text: say('box.no_count'), field: 'counted' }));
  if (!given) return app.tell('refused', say('left_out'));
  return app.run(() => app.desk.handOver(code, step, { counted: Number(given.counted), note: given.note }), () => ['ok', say('step.done_' + step, { box: code }), say('box.holds', { n: Number(given.counted) })]);
}

/** At the laboratory: a box is scanned, its tubes are counted or scanned one by one, and it is received. */
export async function scanAtReception(app, code) {
  if (!code) return app.tell('refused', say('reason.unreadable'));
  if (app.state.receipt) return app.run(() => app.desk.receive(code), (r) => (!r.expected || r.expected.includes(code) ? ['ok', say('lab.tube_in', { tube: code }), say('lab.so_far', { n: r.tubes.length })] : ['ask', say('lab.tube_extra', { tube: code }), say('lab.so_far', { n: r.tubes.length })]));
  if (app.prefs.reception === 'each') return app.run(() => app.desk.beginReceipt(code), (r) => ['ok', say('lab.begun', { box: code }), r.expected ? say('lab.expected', { n: r.expected.length }) : say('lab.not_told')]);
  const given = await form(say('lab.count', { box: code }), say('lab.count_text'), [
    { name: 'counted', text: say('box.counted'), mode: 'numeric' }, { name: 'note', text: say('lab.note'), hint: say('lab.note_hint'), optional: true },
  ], say('lab.receive'), ({ counted }) => (isCount(counted) ? '' : { text: say('box.no_count'), field: 'counted' }));
  if (!given) return app.tell('refused', say('left_out'));
  return app.run(() => app.desk.handOver(code, 'received', { counted: Number(given.counted), note: given.note }), () => ['ok', say('step.done_received', { box: code }), say('box.holds', { n: Number(given.counted) })]);
}

function stepRow(app, o) {
  const { packed, missing = [], extra = [], unknown = [] } = o.answer ?? {};
  const waits = o.unknown > 0 && o.state === 'waiting'; // for the desk's word
  const list = (text, codes) => codes.length > 0 && h('small.wrong', text, ' ', h('span.mono', { 'data-data': true }, codes.join(' ')));
  return h('li', h('b.mono', { 'data-data': true }, o.box), h('span', say('step.' + o.step)), h('span.state', { 'data-state': o.state }, waits ? say('step.state_unknown') : say('step.state_' + o.state)),
    h('small', clockTime(o.at), ' · ', say('box.holds', { n: o.body.counted })), packed !== undefined && packed !== o.body.counted && h('small.wrong', say('box.differs', { counted: o.body.counted, n: packed })),
    list(say('lab.missing', { n: missing.length }), missing), list(say('lab.extra', { n: extra.length }), extra), list(say('box.unknown', { n: unknown.length }), unknown), o.state === 'aside' && h('small.wrong', app.reason(o.reason, { box: o.box }, o.text)));
}

function steps(app) {
  const list = app.state.orders.filter((o) => o.path === 'handovers').sort((a, b) => b.at - a.at);
  return list.length > 0 && h('ul.list', list.slice(0, 100).map((o) => stepRow(app, o)));
}

function handOverScreen(app, title, hint, head) {
  return [
    h('div.work', h('h1', title), app.cameraPanel(), head, h('p.hint', hint), steps(app)),
    h('div.thumb', app.saidBand(), h('div.row', h('button', { type: 'button', onclick: () => typeCode(app, say('type.box'), say('type.hint_box')) }, say('type.open'))), scanButton(app, say('scan.box'))),
  ];
}

export function courierScreen(app) {
  const step = app.prefs.step ?? 'collected';
  return handOverScreen(app, say('tab.courier'), say('courier.hint_' + step), segments(say('courier.step'), step, ['collected', 'delivered'].map((value) => ({ value, text: say('step.' + value) })), (value) => app.prefer('step', value)));
}

/** What of a box that is received tube by tube has not come, and what came that was not packed in it, as far as this phone was told. */
export const differs = ({ tubes, expected }) => ({ missing: (expected ?? []).filter((t) => !tubes.includes(t)), extra: expected ? tubes.filter((t) => !expected.includes(t)) : [] });

async function endReceipt(app) {
  const { missing, extra } = differs(app.state.receipt);
  const given = await form(say('lab.end', { box: app.state.receipt.box }), missing.length + extra.length > 0 ? say('lab.end_differs', { missing: missing.length, extra: extra.length }) : say('lab.end_text', { n: app.state.receipt.tubes.length }), [
    { name: 'note', text: say('lab.note'), hint: say('lab.note_hint'), optional: true },
  ], say('lab.receive'));
  if (given) await app.run(() => app.desk.endReceipt(given.note), (r) => ['ok', say('step.done_received', { box: r.box }), say('box.holds', { n: r.tubes.length })]);
}

function receiptCard({ receipt }) {
  const { missing, extra } = differs(receipt);
  const list = (text, codes, kind) => codes.length > 0 && h('p' + kind, text, ' ', h('span.mono', { 'data-data': true }, codes.slice(0, 40).join(' ')), codes.length > 40 && ' …');
  return h('section.tube', h('div.tube-head', h('div', h('small', say('box.label')), h('h2.mono', { 'data-data': true }, receipt.box)), h('div.count', h('b', String(receipt.tubes.length)), receipt.expected && h('span', ` / ${receipt.expected.length}`))),
    !receipt.expected && h('p.hint', say('lab.not_told')),
    list(say('lab.extra', { n: extra.length }), extra, '.wrong'), list(say('lab.to_come', { n: missing.length }), missing, ''),
    receipt.tubes.length > 0 && h('p.tags', receipt.tubes.slice(-8).toReversed().map((t) => h('span.mono', { 'data-data': true }, t)), receipt.tubes.length > 8 && h('span', say('box.more', { n: receipt.tubes.length - 8 }))));
}

export function laboratoryScreen(app) {
  const { receipt } = app.state;
  const way = app.prefs.reception ?? 'count';
  if (!receipt) return handOverScreen(app, say('tab.laboratory'), say('lab.hint_' + way), segments(say('lab.way'), way, ['count', 'each'].map((value) => ({ value, text: say('lab.way_' + value) })), (value) => app.prefer('reception', value)));
  return [
    h('div.work', h('h1', say('tab.laboratory')), app.cameraPanel(), receiptCard(app.state), steps(app)),
    h('div.thumb', app.saidBand(),
      h('div.row', h('button', { type: 'button', onclick: () => typeCode(app, say('type.tube'), say('type.hint_box')) }, say('type.open')),
        h('button', { type: 'button', onclick: () => app.run(() => app.desk.unreceive(), ({ out, box }) => ['ok', out ? say('box.out', { tube: out }) : say('lab.given_up', { box })]) }, say('undo')),
        h('button', { type: 'button', disabled: receipt.tubes.length === 0, onclick: () => endReceipt(app) }, say('lab.receive'))),
      scanButton(app, say('scan.tube'))),
  ];
}

