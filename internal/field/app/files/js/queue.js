// What is not with the server yet, and what it did not take.
import { confirm, h } from './ui.js';
import { clockTime, say, span } from './words.js';

function asideTube(app, t) {
  const mend = () => app.run(() => app.desk.mend(t.id), () => { app.go('desk'); return ['ok', say('told.mend', { tube: t.code })]; });
  const drop = async () => { if (await confirm(say('queue.drop'), say('queue.drop_text', { tube: t.code, n: t.n }), say('queue.drop_yes'), { danger: true })) await app.run(() => app.desk.drop(t.id), () => ['ok', say('told.given_up', { tube: t.code })]); };
  return h('li', h('b.mono', { 'data-data': true }, t.code), h('span', say('queue.people', { n: t.n })), h('p.wrong', app.reason(t.reason, { tube: t.code, n: t.n }, t.text)),
    h('div.row', h('button', { type: 'button', onclick: mend }, say('queue.mend')), h('button', { type: 'button', onclick: () => app.run(() => app.desk.again(t.id), () => ['ok', say('told.again', { tube: t.code })]) }, say('queue.again')), h('button.danger', { type: 'button', onclick: drop }, say('queue.drop'))));
}

function asideOrder(app, o) {
  if (o.path === 'told') {
    return h('li', h('b', say('drive.told_' + o.body.what.replaceAll('-', '_'))), h('p.wrong', o.text || o.reason),
      h('div.row', h('button', { type: 'button', onclick: () => app.run(() => app.desk.dropOrder(o.id), () => ['ok', say('drive.dropped')]) }, say('drive.drop'))));
  }
  return h('li', h('b.mono', { 'data-data': true }, o.box), h('span', say(o.path === 'boxes' ? 'queue.box' : 'step.' + o.step)), h('p.wrong', app.reason(o.reason, { box: o.box, ...o.body, n: o.body.tubes?.length ?? 0 }, o.text)),
    h('div.row', h('button', { type: 'button', onclick: () => app.run(() => app.desk.dropOrder(o.id), () => { app.go('boxes'); return ['ok', say('told.order_dropped', { box: o.box })]; }) }, say('queue.redo'))));
}

export function queueScreen(app) {
  const { unsent, contact, aside, held, tube, orders, device } = app.state;
  const now = app.clock.now();
  const figures = [[unsent.people, say('queue.n_people')], [unsent.tubes, say('queue.n_tubes')], [unsent.boxes, say('queue.n_boxes')]];
  const desk = app.role() === 'desk';
  const stuck = orders.filter((o) => o.state === 'aside');
  const nothing = unsent.people + unsent.tubes + unsent.boxes + unsent.steps === 0;
  return [
    h('div.work', h('h1', say('tab.queue')),
      h('div.figures', (desk ? figures : [[unsent.steps, say('queue.n_steps')]]).map(([n, text]) => h('div', h('b', String(n)), h('span', text)))),
      nothing && h('p.notice.good', say('status.all_sent')), tube && tube.n > 0 && h('p.hint', say('queue.open', { tube: tube.code ?? '–', n: tube.n })),
      h('dl', h('dt', say('queue.last')), h('dd', contact?.last ? `${clockTime(contact.last, now)} (${say('queue.ago', { time: span(now - contact.last) })})` : say('queue.never')),
        contact?.since !== undefined && [h('dt', say('queue.since')), h('dd', `${clockTime(contact.since, now)} (${span(now - contact.since)})`)]),
      aside.length > 0 && h('section', h('h2', say('queue.aside')), h('p.hint', say('queue.aside_hint')), h('ul.list', aside.map((t) => asideTube(app, t)))),
      stuck.length > 0 && h('section', h('h2', say('queue.orders')), h('ul.list', stuck.map((o) => asideOrder(app, o)))),
      held.length > 0 && h('section', h('h2', say('queue.held')), h('p.hint', say('queue.held_hint')), h('ul.list', held.map((t) => h('li', h('b.mono', { 'data-data': true }, t.code), h('span', say('queue.people', { n: t.n })), h('p', app.reason(t.reason, { tube: t.code, n: t.n }, t.text))))))),
    h('div.thumb', app.saidBand(), h('button.huge.primary', { type: 'button', disabled: nothing || device.signedOff, onclick: async () => { app.outbox.stale(); await app.outbox.kick(true); await app.load(); app.render(); } }, say('queue.send'))),
  ];
}
