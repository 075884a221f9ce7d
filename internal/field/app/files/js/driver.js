// What a crew sees: the stops of the vehicle's trip, one after the other. What is told is kept on the phone before it is shown as done, and sent when there is network; the list that the server gave is
// overlaid with what it has not heard yet.
import { stamp } from './clock.js';
import { done } from './store.js';
import { confirm, form, h, icon, sheet } from './ui.js';
import { clockTime, say } from './words.js';

const outcomes = { fetched: 'handed-over', off: 'handed-over', 'no-show': 'no-show', refused: 'refused' };

/** What this phone has told, the oldest first; what was refused for good is not in it. */
const toldOf = (state) => state.orders.filter((o) => o.path === 'told' && o.state !== 'aside').sort((a, b) => a.id - b.id);

/** The trips as they stand with what this phone has told since: nothing is asked twice because there is no network. */
export function tripsNow(state) {
  const { trips, vehicle = '', carried = '', at = 0 } = state.trips ?? { trips: [] };
  const told = toldOf(state);
  let last = carried;
  const out = trips.map((t) => ({ ...t, stops: t.stops.map((s) => ({ ...s })) }));
  for (const { body, at: when } of told) {
    if (body.what === 'disinfected' && when > at) last = '';
    const trip = out.find((t) => t.id === body.trip);
    if (!trip) continue;
    if (trip.state === 'planned') trip.state = 'started';
    const stop = trip.stops.find((s) => s.party === (body.party ?? 0) && !s.outcome);
    if (body.what === 'late') trip.delay = body.minutes;
    if (body.what === 'fetched') last = trip.class;
    if (!stop) continue;
    // What is told of the whole trip, such as that it is late, names no door: nobody has come anywhere by it.
    if (body.what === 'came' || outcomes[body.what]) stop.came = true;
    if (body.what === 'turned-away') stop.came = false;
    if (outcomes[body.what]) stop.outcome = outcomes[body.what];
  }
  for (const t of out) {
    const doors = t.stops.filter((s) => s.party > 0);
    const off = t.stops.find((s) => s.party === 0);
    const carries = doors.some((s) => s.outcome === 'handed-over');
    if (off?.outcome || t.state === 'started' && doors.every((s) => s.outcome) && !carries) t.over = true;
    t.next = t.over ? undefined : doors.find((s) => !s.outcome) ?? off;
  }
  const list = out.filter((t) => !t.over);
  const current = list.find((t) => t.state === 'started') ?? list[0];
  return { vehicle, last, current, later: list.filter((t) => t !== current) };
}

/** Keeps what a crew tells, and sends it when that can be. The number is the phone's own and never used again, so that it counts once. */
async function tell(app, what, trip, { party = 0, ...more } = {}) {
  const at = app.clock.now();
  const body = { trip: trip?.id ?? 0, what, at: stamp(at), ...(party ? { party } : {}), ...more };
  await app.store.write(['orders'], async (tx) => done(tx.objectStore('orders').add({ state: 'waiting', path: 'told', at, tries: 0, body })));
  await app.load();
  app.tell(what === 'no-show' || what === 'refused' || what === 'late' ? 'ask' : 'ok', say('drive.told_' + what.replaceAll('-', '_')));
  app.outbox.nudge();
}

const mostPoints = 1500;

/** A field to sign in with a finger, and a code for whoever cannot. Gives back {means, signed, gave or took}, or undefined. */
function signature(title, intro, who) {
  return sheet(title, (end) => {
    const strokes = [];
    let stroke, points = 0;
    const name = h('input', { id: 'sheet-who', autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'done' });
    const code = h('input', { id: 'sheet-code', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'done' });
    const pad = h('canvas.pad', { width: 600, height: 220, 'aria-label': say('drive.sign') });
    const pen = pad.getContext('2d');
    Object.assign(pen, { lineWidth: 4, lineCap: 'round', lineJoin: 'round' });
    const at = (event) => { const box = pad.getBoundingClientRect(); return [Math.round((event.clientX - box.left) / box.width * 600), Math.round((event.clientY - box.top) / box.height * 220)]; };
    pad.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      pad.setPointerCapture?.(event.pointerId);
      pen.strokeStyle = getComputedStyle(pad).color;
      strokes.push(stroke = [at(event)]);
      pen.beginPath();
      pen.moveTo(...stroke[0]);
    });
    pad.addEventListener('pointermove', (event) => {
      if (!stroke || points >= mostPoints) return;
      const p = at(event);
      stroke.push(p);
      points += 1;
      pen.lineTo(...p);
      pen.stroke();
    });
    for (const what of ['pointerup', 'pointercancel']) pad.addEventListener(what, () => { stroke = undefined; });
    const clear = () => { strokes.length = points = 0; pen.clearRect(0, 0, 600, 220); };
    const submit = (event) => {
      event.preventDefault();
      const drawn = strokes.some((s) => s.length > 1);
      const means = drawn ? 'drawn' : code.value.trim() ? 'code' : 'none';
      end({ means: means === 'none' ? undefined : means, signed: drawn ? JSON.stringify(strokes) : code.value.trim() || undefined, who: name.value.trim() || undefined });
    };
    return [h('p', intro), h('form', { onsubmit: submit, novalidate: true },
      h('div.field', h('label', { for: 'sheet-who' }, who), name),
      h('div.field', h('span', say('drive.sign')), pad, h('button', { type: 'button', onclick: clear }, say('drive.sign_again'))),
      h('div.field', h('label', { for: 'sheet-code' }, say('drive.code')), code, h('small', say('drive.code_hint'))),
      h('div.actions', h('button.big.primary', { type: 'submit' }, say('drive.hand_over')), h('button.big', { type: 'button', onclick: () => end(undefined) }, say('cancel'))))];
  });
}

async function handOver(app, trip, stop) {
  const off = stop.party === 0;
  const given = await signature(off ? say('drive.hand_off') : say('drive.hand_in'), off ? say('drive.hand_off_text', { place: whereOf(stop) }) : say('drive.hand_in_text', { n: stop.people }), off ? say('drive.took') : say('drive.gave'));
  if (!given) return app.tell('refused', say('left_out'));
  const { who, means, signed } = given;
  return tell(app, off ? 'off' : 'fetched', trip, { party: stop.party, ...(who ? (off ? { took: who } : { gave: who }) : {}), ...(means ? { means, signed } : {}) });
}

async function missed(app, trip, stop, what) {
  const given = await form(say('drive.ask_' + what.replaceAll('-', '_')), say('drive.ask_text'), [{ name: 'reason', text: say('drive.reason'), optional: true }], say('drive.yes_' + what.replaceAll('-', '_')));
  if (given) await tell(app, what, trip, { party: stop.party, ...(given.reason.trim() ? { reason: given.reason.trim() } : {}) });
}

const late = (app, trip) => sheet(say('drive.late'), (end) => [h('p', say('drive.late_text')), h('div.actions', [10, 20, 30, 60].map((n) => h('button.big', { type: 'button', onclick: () => end(n) }, say('drive.minutes', { n }))), h('button.big', { type: 'button', onclick: () => end(undefined) }, say('cancel')))])
  .then((minutes) => minutes && tell(app, 'late', trip, { minutes }));

async function broke(app, trip) {
  if (await confirm(say('drive.broke'), say('drive.broke_text'), say('drive.broke_yes'), { danger: true })) await tell(app, 'broke-down', trip);
}

/** Who gets in, as pictures and numbers: people, wheelchairs, stretchers. */
function people({ people: n, wheelchairs, stretchers }) {
  const figure = (shape, count, text) => count > 0 && h('span.who', { title: text }, h('i', { 'aria-hidden': 'true' }, shape), h('b', String(count)), h('span.sr', text));
  return h('span.party', figure('👤', n - wheelchairs - stretchers, say('drive.people', { n: n - wheelchairs - stretchers })), figure('♿', wheelchairs, say('drive.wheelchairs', { n: wheelchairs })), figure('🛏', stretchers, say('drive.stretchers', { n: stretchers })));
}

const times = (s, now) => (s.party === 0 ? clockTime(Date.parse(s.to), now) : `${clockTime(Date.parse(s.from), now)}–${clockTime(Date.parse(s.to), now)}`);

/** Where a stop is: a door, a place, or home. */
const whereOf = (s) => s.where || say('drive.home');

function stopRow(app, s, next) {
  const now = app.clock.now();
  return h('li', { 'data-next': s === next, 'data-over': Boolean(s.outcome) }, h('b', { 'data-data': true }, whereOf(s)), s.party > 0 && people(s), h('span.mono', times(s, now)), s.outcome && h('span.state', { 'data-state': s.outcome === 'handed-over' ? 'done' : 'aside' }, say('drive.outcome_' + s.outcome.replaceAll('-', '_'))));
}

function nextCard(app, { current: trip, last }) {
  const s = trip.next;
  const dirty = trip.state === 'planned' && last && last !== trip.class;
  return h('section.tube.stop', h('div.tube-head', h('div', h('small', say(s.party ? 'drive.next' : 'drive.off_at')), h('h2', { 'data-data': true }, whereOf(s))), h('div.count', h('b.mono', times(s, app.clock.now())))),
    s.party > 0 && people(s), s.note && h('p', { 'data-data': true }, s.note),
    h('p', h('a.map', { href: `geo:${s.lat},${s.lon}?q=${s.lat},${s.lon}`, rel: 'noreferrer' }, say('drive.map'))),
    trip.phone && s.party === 0 && h('p', h('a', { href: 'tel:' + trip.phone }, trip.phone)),
    dirty && h('p.wrong', say('drive.dirty')));
}

/** The buttons that the next stop has; those of later ones come when it is done with. */
function buttons(app, { current: trip, last }) {
  const s = trip.next;
  if (trip.state === 'planned') {
    if (last && last !== trip.class) return h('button.huge.primary', { type: 'button', onclick: () => tell(app, 'disinfected', trip) }, icon('ok'), say('drive.disinfected'));
    return h('button.huge.primary', { type: 'button', onclick: () => tell(app, 'start', trip) }, icon('send'), say('drive.start'));
  }
  if (!s.came) return h('button.huge.primary', { type: 'button', onclick: () => tell(app, 'came', trip, { party: s.party }) }, icon('ok'), say('drive.came'));
  return [
    s.party > 0 && h('div.row', h('button', { type: 'button', onclick: () => missed(app, trip, s, 'no-show') }, say('drive.no_show')), h('button', { type: 'button', onclick: () => missed(app, trip, s, 'refused') }, say('drive.refused'))),
    s.party === 0 && trip.to && h('div.row', h('button', { type: 'button', onclick: () => missed(app, trip, s, 'turned-away') }, say('drive.turned_away'))),
    h('button.huge.primary', { type: 'button', onclick: () => handOver(app, trip, s) }, icon('ok'), say('drive.hand_over')),
  ];
}

export function driverScreen(app) {
  const now = tripsNow(app.state);
  const trip = now.current;
  const at = app.state.trips?.at;
  if (!trip) {
    return [h('div.work', h('h1', say('tab.driver')), h('p.notice', at ? say('drive.none') : say('drive.not_told')), at && h('p.hint', say('drive.as_of', { time: clockTime(at, app.clock.now()) }))), h('div.thumb', app.saidBand())];
  }
  return [
    h('div.work', h('h1', say('drive.trip_' + trip.class), h('small', ' → ', h('span', { 'data-data': true }, trip.to || say('drive.home')))),
      trip.delay > 0 && h('p.notice', say('drive.late_by', { n: trip.delay })),
      nextCard(app, now),
      h('ol.list.stops', trip.stops.map((s) => stopRow(app, s, trip.next))),
      now.later.length > 0 && h('section', h('h2', say('drive.later')), h('ul.list', now.later.map((t) => h('li', h('b', say('drive.trip_' + t.class)), h('span.mono', clockTime(Date.parse(t.leaves), app.clock.now())), h('span', { 'data-data': true }, t.to || say('drive.home')), people({ people: t.stops.reduce((n, s) => n + s.people, 0), wheelchairs: 0, stretchers: 0 }))))),
      h('p.hint', say('drive.as_of', { time: clockTime(at, app.clock.now()) }))),
    h('div.thumb', app.saidBand(),
      h('div.row', h('button', { type: 'button', onclick: () => late(app, trip) }, say('drive.late')), h('button.danger', { type: 'button', onclick: () => broke(app, trip) }, say('drive.broke'))),
      buttons(app, now)),
  ];
}
