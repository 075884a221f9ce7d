// Puts the app together: store, desk and outbox on one side, screens on the other, and what is scanned in between.
import { invitation, kindOf, label, personCode } from './codes.js';
import { makeClock } from './clock.js';
import { makeDesk, Refusal } from './desk.js';
import { feel, keepAwake, setSound, wakeSound } from './feel.js';
import { makeOutbox } from './outbox.js';
import { listenToKeys, startCamera } from './scan.js';
import { openSeal } from './seal.js';
import { openStore } from './store.js';
import { boxesScreen, courierScreen, laboratoryScreen, scanAtReception, scanBox, scanForCourier } from './boxes.js';
import { deskScreen, papers } from './people.js';
import { driverScreen } from './driver.js';
import { enrolScreen } from './enrol.js';
import { moreScreen } from './more.js';
import { queueScreen } from './queue.js';
import { asking, confirm, h, icon } from './ui.js';
import { clockTime, has, loadWords, say, span, speak } from './words.js';

const root = document.getElementById('app');
const version = document.documentElement.dataset.version;

/** What the screens share. */
export const app = {
  version, desk: undefined, outbox: undefined, store: undefined, clock: undefined, state: undefined,
  tab: sessionStorage.getItem('tab') ?? 'desk', said: undefined, typing: '', camera: undefined, update: undefined, persisted: undefined,
  prefs: { lang: localStorage.getItem('lang') ?? '', theme: localStorage.getItem('theme') ?? 'auto', sound: localStorage.getItem('sound') ?? 'on', reception: localStorage.getItem('reception') ?? 'count' },
};

/** Takes over a preference and shows it. */
app.prefer = (name, value) => {
  app.prefs[name] = value;
  localStorage.setItem(name, value);
  applyPreferences();
  render();
};

function applyPreferences() {
  speak(app.prefs.lang);
  document.documentElement.dataset.theme = app.prefs.theme;
  setSound(app.prefs.sound === 'on');
  document.title = say('title');
}

app.go = (tab) => {
  app.tab = tab;
  sessionStorage.setItem('tab', tab);
  if (tab !== 'desk' && tab !== 'boxes') app.closeCamera();
  app.said = undefined;
  render();
  scrollTo(0, 0);
};

/** Says what became of the last thing, by word, sound and vibration. It stays until the next thing. */
app.tell = (how, text, more = '') => {
  app.said = { how, text, more };
  feel(how);
  render();
};

/** The words for a refusal of this app or of the server. */
app.reason = (code, values = {}, text = '') => {
  const put = { ...values };
  if (put.at) put.at = clockTime(put.at);
  return has('reason.' + code) ? say('reason.' + code, put) : text || code;
};

/**
 * Runs an order of the desk and tells what came of it. Where the person at the desk may insist, they are asked and it is run again with what they insist on.
 * @param {(insist: object) => Promise<any>} order
 * @param {(out: any) => [how: string, text: string, more?: string]} [told]
 */
app.run = async (order, told, insist = {}) => {
  try {
    const out = await order(insist);
    await app.load();
    if (told) app.tell(...told(out));
    else render();
    if (!out?.member) app.outbox.nudge(); // another person in a tube is nothing to send yet
    return out;
  } catch (failure) {
    if (!(failure instanceof Refusal)) {
      console.error(failure);
      app.tell('refused', say('failed'), String(failure.message ?? failure));
      return undefined;
    }
    const text = app.reason(failure.code, failure.values);
    await app.load();
    app.tell(failure.confirm ? 'ask' : 'refused', text);
    if (!failure.confirm) return undefined;
    const flag = { sampled_before: 'again', tube_open: 'close', round_late: 'late', not_ours: 'foreign' }[failure.code];
    if (!await confirm(say('ask.' + failure.code), text, say('yes.' + failure.code, failure.values))) {
      app.tell('refused', say('left_out'));
      return undefined;
    }
    return app.run(order, told, { ...insist, [flag]: true });
  }
};

let line = Promise.resolve();
/** Takes what was scanned or typed, one after the other. */
app.scan = (text, typed = false) => {
  wakeSound();
  line = line.then(() => take(text, typed)).catch((failure) => console.error(failure));
  return line;
};

async function take(text, typed) {
  if (!text.trim()) return undefined;
  if (asking()) {
    feel('refused');
    return undefined;
  }
  const secret = text.includes('#invite=') ? invitation(text) : '';
  const device = app.state.device;
  if (!device || device.signedOff || secret) return app.enrol(secret || invitation(text));
  if (app.role() === 'driver') return app.tell('refused', say('reason.unreadable'));
  if (app.role() === 'courier') return scanForCourier(app, label(text, typed));
  if (app.role() === 'laboratory') return scanAtReception(app, label(text, typed));
  if (app.tab === 'boxes') return scanBox(app, label(text, typed));
  if (app.tab !== 'desk') app.go('desk');
  const tube = app.state.tube;
  const known = await app.desk.knows(label(text, typed));
  switch (kindOf(text, { tube: tube?.code, waiting: Boolean(tube), known })) {
    case 'person': return app.addPerson(personCode(text));
    case 'document': return papers(app, text);
    case 'tube': return app.scanTube(label(text, typed));
    default: return app.tell('refused', say('reason.unreadable'));
  }
}

app.addPerson = (code) => app.run((insist) => app.desk.addPerson(code, insist), ({ tube, shown, full }) => [
  full ? 'full' : 'ok', say('told.person', { who: shown }), full ? (tube.code ? say('told.full', { tube: tube.code }) : say('told.full_unlabelled')) : tube.code ? '' : say('told.label_next'),
]);

app.scanTube = (code) => app.run((insist) => app.desk.tube(code, insist), ({ tube, closed, labelled }) => {
  if (closed && closed.code === tube.code) return ['ok', say('told.closed', { tube: tube.code, n: tube.n })];
  return ['ok', labelled ? say('told.labelled', { tube: tube.code }) : say('told.opened', { tube: tube.code }), closed ? say('told.closed', { tube: closed.code, n: closed.n }) : ''];
});

/** Enrols by an invitation; a phone that is enrolled is asked first. */
app.enrol = async (secret) => {
  if (!secret) return app.tell('refused', say('reason.no_invitation'));
  if (app.state.device && !app.state.device.signedOff && !await confirm(say('enrol.anew'), say('enrol.anew_text', { site: app.place(), desk: app.state.device.desk }), say('enrol.anew_yes'))) return undefined;
  app.tell('ask', say('enrol.under_way'));
  const reply = await app.outbox.enrol(secret);
  if (!reply.ok) return app.tell('refused', app.reason(reply.retry ? 'enrol_offline' : reply.code, {}, reply.text));
  app.closeCamera();
  app.persisted = await navigator.storage?.persist?.();
  await app.load();
  app.tab = 'desk';
  app.tell('ok', app.role() === 'desk' ? say('enrol.done', { site: app.place(), desk: app.state.device.desk }) : say('enrol.done_other', { site: app.place() }));
  app.outbox.kick();
  return reply;
};

app.role = () => app.state?.device?.role ?? 'desk';
/** Where the phone works: a site or a laboratory. */
app.place = () => { const { laboratory, site } = app.state.device; return laboratory?.name || laboratory?.code || site?.name || ''; };
app.load = async () => {
  const state = await app.desk.look();
  if (state.device?.role === 'driver') state.trips = await app.store.get('trips');
  app.state = state;
};

app.openCamera = async () => {
  wakeSound();
  if (app.camera) return;
  app.camera = { video: h('video', { 'aria-label': say('camera.on'), playsinline: true, muted: true }) };
  render();
  try {
    const running = await startCamera(app.camera.video, (text) => app.scan(text));
    if (!app.camera) running.stop();
    else Object.assign(app.camera, running);
  } catch (failure) {
    app.camera = undefined;
    app.tell('refused', say(failure.name === 'NotAllowedError' ? 'camera.denied' : 'camera.none'));
  }
  render();
};

app.closeCamera = () => {
  app.camera?.stop?.();
  app.camera = undefined;
};

/** The camera's picture, and how to end it. */
app.cameraPanel = () => app.camera && h('div.camera', app.camera.video, h('div.camera-buttons',
  app.camera.torch && h('button', { type: 'button', 'aria-label': say('camera.torch'), onclick: () => app.camera.torch(app.camera.lit = !app.camera.lit) }, icon('torch')),
  h('button', { type: 'button', 'aria-label': say('camera.close'), onclick: () => { app.closeCamera(); render(); } }, icon('no'))));

/** What was said last: by shape, word and colour. */
app.saidBand = () => h('div.said', { role: 'status', 'aria-live': 'assertive', 'data-how': app.typing ? 'typing' : app.said?.how ?? 'none' },
  app.typing ? [h('span.mono', app.typing)] : app.said ? [icon(app.said.how === 'refused' ? 'no' : app.said.how === 'ask' ? 'ask' : 'ok'), h('div', h('b', app.said.text), app.said.more && h('span', app.said.more))] : '');

function statusBar() {
  const { device, contact, round, unsent } = app.state;
  const out = device.signedOff || contact?.since !== undefined;
  const line = device.signedOff ? say('status.signed_off') : contact?.since !== undefined ? say('status.offline', { time: span(app.clock.now() - contact.since) }) : say('status.online');
  const waits = unsent.people + unsent.tubes + unsent.boxes + unsent.steps;
  const what = app.role() === 'desk' ? say('status.unsent', { n: unsent.people }) : say('status.unsent_steps', { n: unsent.steps });
  return h('header.bar',
    h('div.where', h('b', { 'data-data': true }, app.place()), app.role() !== 'laboratory' && h('span', { 'data-data': true }, app.role() === 'desk' ? say('status.desk', { desk: device.desk }) : device.desk), round && app.role() === 'desk' && h('span.round', { 'data-data': true }, round.name)),
    h('button.status', { type: 'button', onclick: () => app.go('queue') }, h('i.dot', { 'data-out': out, 'aria-hidden': 'true' }), h('span', line), h('b', { 'data-waits': waits > 0 }, waits > 0 ? what : say('status.all_sent'))));
}

function tabs() {
  const { aside, orders } = app.state;
  const trouble = aside.length + orders.filter((o) => o.state === 'aside').length;
  const role = app.role();
  const list = [[role === 'desk' ? 'desk' : 'boxes', role === 'desk' ? 'desk' : role === 'driver' ? 'send' : 'box', say('tab.' + role)], ...(role === 'desk' ? [['boxes', 'box', say('tab.boxes')]] : []), ['queue', 'send', say('tab.queue')], ['more', 'more', say('tab.more')]];
  const here = role !== 'desk' && app.tab === 'desk' ? 'boxes' : app.tab;
  return h('nav.tabs', { 'aria-label': say('tabs') }, list.map(([id, sign, text]) => h('button', { type: 'button', 'aria-current': here === id ? 'page' : undefined, onclick: () => app.go(id) }, icon(sign), h('span', text), id === 'queue' && trouble > 0 && h('em.badge', { 'aria-label': say('queue.trouble', { n: trouble }) }, String(trouble)))));
}

let pressed = false, late = false, queued = false;
addEventListener('pointerdown', () => { pressed = true; }, true);
for (const what of ['pointerup', 'pointercancel']) addEventListener(what, () => setTimeout(() => { pressed = false; if (late) render(); }, 0), true);

/**
 * Draws the screen anew. Sheets stand apart from it and are left alone; what is being typed on it stays, and focus stays where it was. Not under a finger: a button
 * that is replaced while it is pressed would do nothing.
 */
export function render() {
  if (queued) return; // a scanner types a dozen keys within a frame
  queued = true;
  requestAnimationFrame(draw);
}

function draw() {
  queued = false;
  late = pressed && Boolean(app.state);
  if (!app.state || late) return;
  const active = document.activeElement?.closest?.('#app') ? document.activeElement : undefined;
  const focus = active && { at: `${active.tagName} ${active.id} ${active.textContent}`, value: active.value };
  const device = app.state.device;
  document.body.dataset.role = app.role();
  let parts;
  if (!device || (device.signedOff && app.tab !== 'queue' && app.tab !== 'more')) parts = enrolScreen(app);
  else {
    const screen = { more: moreScreen, queue: queueScreen }[app.tab] ?? { courier: courierScreen, laboratory: laboratoryScreen, driver: driverScreen }[app.role()] ?? (app.tab === 'boxes' ? boxesScreen : deskScreen);
    parts = [statusBar(), app.update && updateBar(), screen(app)];
  }
  root.replaceChildren(...[parts, device && tabs()].flat(3).filter(Boolean));
  if (app.camera?.video.srcObject) app.camera.video.play().catch(() => {});
  const again = focus && [...root.querySelectorAll('button, input, summary, select')].find((e) => `${e.tagName} ${e.id} ${e.textContent}` === focus.at);
  if (again) {
    if (again.tagName === 'INPUT') again.value = focus.value;
    again.focus({ preventScroll: true });
  }
}
app.render = render;

const updateBar = () => h('div.update', h('span', say('update.ready')), h('button', { type: 'button', onclick: takeUpdate }, say('update.take')));

function takeUpdate() { app.update?.postMessage('take over'); }

/** The app keeps itself on the phone, and takes a new version between two people: when asked to, or when nobody has touched it for a while and no tube is open. */
async function keepItself() {
  if (!navigator.serviceWorker) return;
  const had = Boolean(navigator.serviceWorker.controller);
  let reloading = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!had || reloading) return;
    reloading = true;
    location.reload();
  });
  const registration = await navigator.serviceWorker.register('sw.js', { updateViaCache: 'none' });
  const waits = () => {
    if (registration.waiting && navigator.serviceWorker.controller) {
      app.update = registration.waiting;
      render();
    }
  };
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', waits));
  waits();
  const look = () => registration.update().catch(() => {}); // without network there is none
  setInterval(look, 15 * 60000);
  addEventListener('online', look);
  let touched = Date.now();
  for (const what of ['pointerdown', 'keydown']) addEventListener(what, () => { touched = Date.now(); }, true);
  setInterval(() => {
    if (app.update && Date.now() - touched > 180000 && !app.state.tube && !asking() && !app.camera) takeUpdate();
  }, 20000);
}

let drawn = '';
/** After the outbox has done something: draws only where there is something new to see. */
async function changed() {
  await app.load();
  const now = JSON.stringify(app.state);
  if (now !== drawn) render();
  drawn = now;
}

async function start() {
  loadWords(await (await fetch('words.json')).json());
  applyPreferences();
  if (!globalThis.isSecureContext || !crypto.subtle || !globalThis.indexedDB) {
    root.replaceChildren(h('h1', 'firebreak'), h('p.wrong', say('insecure')));
    return;
  }
  app.store = await openStore(() => location.reload());
  const seal = await openSeal(app.store);
  app.clock = makeClock(await app.store.get('clock') ?? 0);
  app.desk = makeDesk({ store: app.store, seal, clock: app.clock });
  app.outbox = makeOutbox({ store: app.store, seal, clock: app.clock, changed });
  app.persisted = await navigator.storage?.persisted?.();
  await app.desk.tidy();
  await app.load();
  render();
  listenToKeys((text) => app.scan(text), (text) => { app.typing = text; render(); });
  addEventListener('pointerdown', wakeSound, true);
  addEventListener('online', () => app.outbox.kick());
  addEventListener('offline', () => { app.outbox.stale(); app.outbox.kick(); });
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') app.load().then(render).then(() => app.outbox.nudge()); });
  setInterval(() => { if (!asking()) render(); }, 30000); // "offline since" goes on
  keepAwake();
  const byAddress = async () => {
    const secret = location.hash.startsWith('#invite=') ? invitation(location.hash) : '';
    if (!secret) return;
    history.replaceState(null, '', location.pathname); // the address bar and the history keep no secret
    await app.enrol(secret);
  };
  addEventListener('hashchange', byAddress);
  await byAddress();
  app.outbox.start();
  await keepItself();
}

start().catch((failure) => {
  console.error(failure);
  root.replaceChildren(h('h1', 'firebreak'), h('p.wrong', String(failure)));
});

