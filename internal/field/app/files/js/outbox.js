// What is on its way to the server. A batch is made once: its number, and the very bytes of it, are on the disk before it is sent the first time, and it is sent as it is
// until the server has answered. The server knows batches by (device, seq), so that one whose answer was lost counts once.
import { stamp } from './clock.js';
import { call, wait } from './server.js';
import { done } from './store.js';

const mostTubes = 20; // of a batch; the server takes 200
const settles = 10000; // how long after a tube was closed it can be opened again, before it is sent
const refreshes = 120000; // how often rounds and clock are asked for
const crewRefreshes = 30000; // and by a crew, whose trips may be planned anew at any time
const listHolds = 12 * 3600000; // how old the community's list may be before it is asked for anew
const mostPeople = 20000; // of that list; the server gives no longer one

/**
 * @param {{store: any, seal: any, clock: any, changed?: () => void, fetch?: typeof fetch, enough?: number}} parts changed is called after something was sent or refused
 */
export function makeOutbox({ store, seal, clock, changed = () => {}, fetch: ask, enough = mostTubes }) {
  const meta = (tx, key) => done(tx.objectStore('meta').get(key));
  let timer, tries = 0, busy = false, again = false, asked = 0, stopped = false;

  /** Makes batches of the tubes that are closed. all takes those too that were closed just now. */
  async function gather(all = false) {
    for (;;) {
      const drafts = await store.read(['meta', 'tubes', 'members'], async (tx) => {
        const device = await meta(tx, 'device');
        if (!device || device.signedOff) return [];
        const ready = (await done(tx.objectStore('tubes').index('state').getAll('closed')))
          .filter((t) => all || t.ready || t.closed <= clock.now() - settles || t.closed > clock.now() + settles)
          .sort((a, b) => a.closed - b.closed);
        const first = ready[0];
        const list = ready.filter((t) => t.round === first.round && t.site === first.site).slice(0, enough);
        return Promise.all(list.map(async (tube) => ({ tube, members: await done(tx.objectStore('members').index('tube').getAll(tube.id)) })));
      });
      if (drafts.length === 0) return;
      const { device, seq: last } = await store.read(['meta'], async (tx) => ({ device: await meta(tx, 'device'), seq: await meta(tx, 'seq') ?? 0 }));
      const { round, site } = drafts[0].tube;
      const seq = last + 1;
      const tubes = [];
      for (const { tube, members } of drafts) {
        const people = [];
        for (const m of members) people.push({ ...(m.person ? { person: m.person } : await seal.open(m.sealed)), at: stamp(m.at) });
        tubes.push({ code: tube.code, kind: tube.kind, closed_at: stamp(tube.closed), members: people });
      }
      const sealed = await seal.close(JSON.stringify({ device: device.device, seq, round, site, tubes }));
      const batch = { device: device.device, seq, state: 'waiting', round, site, sealed, tubes: drafts.map((d) => d.tube.id), people: tubes.reduce((n, t) => n + t.members.length, 0), made: clock.now(), tries: 0 };
      await store.write(['meta', 'tubes', 'batches'], async (tx) => {
        // Somebody may have opened a tube again meanwhile, or another window have been faster: then it is made anew.
        if ((await meta(tx, 'seq') ?? 0) !== last || (await meta(tx, 'device'))?.device !== device.device) return;
        const list = tx.objectStore('tubes');
        const present = await Promise.all(drafts.map((d) => done(list.get(d.tube.id))));
        if (present.some((t, i) => t?.state !== 'closed' || t.closed !== drafts[i].tube.closed || t.n !== drafts[i].tube.n)) return;
        await done(tx.objectStore('meta').put(seq, 'seq'));
        await done(tx.objectStore('batches').add(batch));
        for (const tube of present) await done(list.put({ ...tube, state: 'sending', batch: seq, ready: undefined }));
      });
    }
  }

  /** What the server took: names go, the rest stays for counting. */
  async function taken(batch, answer) {
    const refused = new Map((answer.refused ?? []).map((r) => [r.index, r]));
    await store.write(['tubes', 'members', 'batches'], async (tx) => {
      if (!await done(tx.objectStore('batches').get([batch.device, batch.seq]))) return;
      for (const [i, id] of batch.tubes.entries()) {
        const tube = await done(tx.objectStore('tubes').get(id));
        const why = refused.get(i);
        Object.assign(tube, { state: why ? 'held' : 'sent', reason: why?.reason, text: why?.text, sentAt: clock.now() });
        await done(tx.objectStore('tubes').put(tube));
        for (const key of await done(tx.objectStore('members').index('tube').getAllKeys(id))) await done(tx.objectStore('members').delete(key));
      }
      await done(tx.objectStore('batches').delete([batch.device, batch.seq]));
    });
  }

  /** What the server did not take and did not keep: it is set aside here. Where one tube is at fault, the others are sent without it. */
  async function refused(batch, no) {
    const at = /^tubes\[(\d+)\]/.exec(no.where);
    const alone = at && no.refused.length === 0 ? Number(at[1]) : -1;
    const each = new Map(no.refused.map((r) => [r.index, r]));
    await store.write(['tubes', 'batches'], async (tx) => {
      if (!await done(tx.objectStore('batches').get([batch.device, batch.seq]))) return;
      for (const [i, id] of batch.tubes.entries()) {
        const tube = await done(tx.objectStore('tubes').get(id));
        if (alone >= 0 && i !== alone && batch.tubes.length > 1) Object.assign(tube, { state: 'closed', ready: true, batch: undefined });
        else {
          const why = each.get(i) ?? { reason: no.code, text: no.text };
          Object.assign(tube, { state: 'aside', reason: tube.before && why.reason === 'tube_used' ? 'arrived_before' : why.reason, text: why.text });
        }
        await done(tx.objectStore('tubes').put(tube));
      }
      await done(tx.objectStore('batches').delete([batch.device, batch.seq]));
    });
  }

  async function contact(ok) {
    const before = await store.get('contact') ?? {};
    const now = clock.now();
    await store.put('contact', ok ? { last: now } : { ...before, since: before.since ?? before.last ?? now });
  }

  async function signedOff() {
    await store.write(['meta', 'people'], async (tx) => {
      const device = await meta(tx, 'device');
      if (device) await done(tx.objectStore('meta').put({ ...device, signedOff: true }, 'device'));
      await done(tx.objectStore('people').clear());
    });
  }

  /** Takes over what the server says of site, rounds and tubes that were set aside later. */
  async function learn(answer, asked, got) {
    if (clock.learn(answer.now, asked, got)) await store.put('clock', clock.offset);
    await store.write(['meta', 'tubes'], async (tx) => {
      const device = await meta(tx, 'device');
      if (!device || device.device !== answer.device) return;
      const rounds = [...answer.rounds].sort((a, b) => (a.state === b.state ? a.number - b.number : a.state === 'open' ? -1 : 1));
      const unsent = (await done(tx.objectStore('tubes').getAll())).filter((t) => ['open', 'closed', 'sending'].includes(t.state));
      const chosen = await meta(tx, 'round');
      for (const gone of device.rounds) { // one that the server tells no more has ended; tubes that are here still belong to it
        if (!rounds.some((r) => r.id === gone.id) && (gone.id === chosen || unsent.some((t) => t.round === gone.id))) rounds.push({ ...gone, state: 'closed' });
      }
      const next = { ...device, desk: answer.desk, site: answer.site, laboratory: answer.laboratory, role: answer.role ?? device.role ?? 'desk', rounds };
      await done(tx.objectStore('meta').put(next, 'device'));
      const aside = new Map((answer.aside ?? []).map((t) => [t.tube, t]));
      for (const tube of await done(tx.objectStore('tubes').getAll())) {
        const why = tube.state === 'sent' || tube.state === 'held' ? aside.get(tube.code) : undefined;
        if (why && tube.state === 'sent') await done(tx.objectStore('tubes').put({ ...tube, state: 'held', reason: why.reason, text: '' }));
        else if (!why && tube.state === 'held' && tube.sentAt < clock.now() - refreshes) await done(tx.objectStore('tubes').put({ ...tube, state: 'sent', reason: undefined, text: undefined }));
      }
    });
  }

  /** Asks for site, rounds and clock. */
  async function refresh(key) {
    const reply = await call('desk', { key, fetch: ask });
    if (reply.ok && reply.answer.device && Array.isArray(reply.answer.rounds)) {
      asked = Date.now();
      await learn(reply.answer, reply.asked, reply.got);
      await contact(true);
      await lists(key, reply.answer.role ?? 'desk');
      return reply;
    }
    return reply.ok ? { ok: false, retry: true, after: 0, code: 'offline' } : reply;
  }

  /** What is looked up without network: at a desk who lives around it, at a laboratory's door what is on its way. That it cannot be had holds nothing up. */
  async function lists(key, role) {
    if (role === 'driver') {
      const reply = await call('trips', { key, fetch: ask });
      if (reply.ok && Array.isArray(reply.answer.trips)) await store.put('trips', { vehicle: reply.answer.vehicle, carried: reply.answer.carried, trips: reply.answer.trips, at: clock.now() });
      return;
    }
    if (role === 'laboratory') {
      const reply = await call('coming', { key, fetch: ask });
      if (reply.ok && Array.isArray(reply.answer.boxes)) await store.put('coming', Object.fromEntries(reply.answer.boxes.map((b) => [b.box, b.tubes])));
      return;
    }
    const held = role === 'desk' && await store.read(['people'], (tx) => done(tx.objectStore('people').get('list')));
    if (role !== 'desk' || held?.at > clock.now() - listHolds) return;
    const people = [];
    for (let after = 0; people.length <= mostPeople;) {
      const reply = await call('people?after=' + after, { key, fetch: ask });
      if (!reply.ok && reply.code === 'too_large') await store.write(['people'], (tx) => done(tx.objectStore('people').put({ id: 'list', at: clock.now(), n: 0, long: true })));
      if (!reply.ok || !Array.isArray(reply.answer.people)) return;
      people.push(...reply.answer.people.map(({ code, name, door }) => [code, name, door]));
      if (!(reply.answer.next > after)) break;
      after = reply.answer.next;
    }
    const sealed = await seal.close(people);
    await store.write(['meta', 'people'], async (tx) => {
      const device = await meta(tx, 'device');
      if (device?.key === key && !device.signedOff) await done(tx.objectStore('people').put({ id: 'list', at: clock.now(), n: people.length, sealed }));
    });
  }

  /** The next thing to send, the oldest first: batches, then boxes and hand-overs, so that the server knows the tubes of a box. */
  async function next() {
    return store.read(['batches', 'orders'], async (tx) => {
      const batch = (await done(tx.objectStore('batches').index('state').getAll('waiting'))).sort((a, b) => a.seq - b.seq)[0];
      if (batch) return { batch };
      // A hand-over of a box that the server has not been told of waits for the desk's word; the others go on.
      const orders = (await done(tx.objectStore('orders').index('state').getAll('waiting'))).filter((o) => !(o.rests > clock.now()));
      return { order: orders.sort((a, b) => a.id - b.id)[0] };
    });
  }

  async function tried(name, record) {
    await store.write([name], async (tx) => {
      const key = name === 'batches' ? [record.device, record.seq] : record.id;
      const now = await done(tx.objectStore(name).get(key));
      if (now) await done(tx.objectStore(name).put({ ...now, tries: now.tries + 1 }));
    });
  }

  /** Sends until nothing is left, or the server or the network says no. Gives back the wait before the next attempt, or 0 where there is nothing to send. */
  async function round(all) {
    if (all) await wake();
    await gather(all);
    for (;;) {
      const device = await store.get('device');
      if (!device || device.signedOff) return 0;
      const { batch, order } = await next();
      if (!batch && !order) {
        if (Date.now() - asked > (device.role === 'driver' ? crewRefreshes : refreshes)) {
          const reply = await refresh(device.key);
          if (reply.status === 401) await signedOff();
          else if (!reply.ok) return later(reply);
          tries = 0;
          changed();
        }
        return 0;
      }
      let reply;
      if (batch) {
        await tried('batches', batch);
        reply = await call('batches', { key: device.key, body: await seal.open(batch.sealed), fetch: ask });
        if (reply.ok && (reply.answer.seq !== batch.seq || reply.answer.device !== batch.device)) reply = { ok: false, retry: true, after: 0 };
      } else {
        // The bytes of an order are made once too, with the device that sends it.
        const body = order.text ?? JSON.stringify({ device: device.device, ...(order.path === 'told' ? { seq: order.id } : {}), ...order.body });
        await store.write(['orders'], (tx) => done(tx.objectStore('orders').put({ ...order, text: body, tries: order.tries + 1 })));
        reply = await call(order.path, { key: device.key, body, fetch: ask });
        if (reply.ok && reply.answer.box !== order.box) reply = { ok: false, retry: true, after: 0 };
      }
      if (reply.ok) {
        if (batch) await taken(batch, reply.answer);
        else if (reply.answer.taken === false) await settle(order, { state: 'aside', reason: reply.answer.code, text: reply.answer.text });
        else await settle(order, { state: 'done', answer: reply.answer, doneAt: clock.now() });
        if (order?.path === 'told') asked = 0; // what the crew has to do may be another by that
        tries = 0;
        await contact(true);
      } else if (reply.status === 401) {
        await signedOff();
      } else if (reply.retry) {
        return later(reply);
      } else {
        if (batch) await refused(batch, reply);
        else if (reply.code === 'no_box') await rest(order);
        else await settle(order, { state: 'aside', reason: reply.code, text: reply.text });
        tries = 0;
        await contact(true);
      }
      changed();
      await gather(all);
    }
  }

  async function settle(order, to) {
    await store.write(['orders', 'boxes'], async (tx) => {
      const now = await done(tx.objectStore('orders').get(order.id));
      await done(tx.objectStore('orders').put({ ...now, ...to }));
      const box = order.path === 'boxes' && await done(tx.objectStore('boxes').get(order.box));
      if (box) await done(tx.objectStore('boxes').put({ ...box, state: to.state === 'done' ? 'sent' : 'aside', answer: to.answer, reason: to.reason, text: to.text }));
    });
  }

  /** The box of a hand-over is not known yet: its desk has no network. It is told again, at first soon, then every ten minutes. */
  async function rest(order) {
    await store.write(['orders'], async (tx) => {
      const now = await done(tx.objectStore('orders').get(order.id));
      const unknown = (now.unknown ?? 0) + 1;
      await done(tx.objectStore('orders').put({ ...now, unknown, rests: clock.now() + Math.min(600000, 15000 * 2 ** unknown) * (0.75 + Math.random() / 2) }));
    });
  }

  /** Somebody asked to send now: what rests is told at once. */
  const wake = () => store.write(['orders'], async (tx) => {
    for (const order of await done(tx.objectStore('orders').index('state').getAll('waiting'))) if (order.rests) await done(tx.objectStore('orders').put({ ...order, rests: undefined }));
  });

  async function later(reply) {
    await contact(reply.status > 0);
    changed();
    return wait(tries++, reply.after);
  }

  /** Runs one round after another: at once when kicked, else when the wait is over. */
  async function turn(all) {
    if (stopped) return;
    if (busy) {
      again = again || all || 'some';
      return;
    }
    busy = true;
    clearTimeout(timer);
    let pause = 0;
    try {
      const alone = (work) => (navigator.locks ? navigator.locks.request('firebreak-desk-outbox', { ifAvailable: true }, (lock) => (lock ? work() : 3000)) : work());
      pause = await alone(() => round(all));
    } catch (failure) {
      console.warn('outbox', failure);
      pause = wait(tries++);
    }
    busy = false;
    if (stopped) return;
    const told = again;
    again = false;
    changed();
    timer = setTimeout(() => turn(false), told && !pause ? 0 : pause || settles / 2);
  }

  return {
    /** Sends what is ready, now, whatever the last attempt said; all includes tubes that were closed just now. */
    kick: (all = false) => { tries = 0; return turn(all); },
    /** Something new may be ready. A server or network that has just said no is left its time: a busy desk is no reason to ask it more often. */
    nudge: () => { if (tries === 0) turn(false); },
    start: () => turn(false),
    stop: () => { stopped = true; clearTimeout(timer); },
    /** Asks for rounds again at the next turn. */
    stale: () => { asked = 0; },
    gather,

    /** Enrols this phone. What waited under another enrolment is made into new batches; what was sent of it without an answer may be there already. */
    async enrol(invitation) {
      const reply = await call('devices', { body: JSON.stringify({ invitation }), fetch: ask });
      if (!reply.ok || !reply.answer.key) return reply.ok ? { ok: false, retry: true, code: 'offline' } : reply;
      const { key, device, desk, site, laboratory, rounds, role = 'desk', now } = reply.answer;
      clock.learn(now, reply.asked, reply.got);
      const sorted = [...rounds].sort((a, b) => (a.state === b.state ? a.number - b.number : a.state === 'open' ? -1 : 1));
      await store.write(['meta', 'tubes', 'batches', 'orders', 'people'], async (tx) => {
        const former = await meta(tx, 'device');
        const m = tx.objectStore('meta');
        await done(m.put({ key, device, desk, site, laboratory, rounds: keepRounds(sorted, former, await done(tx.objectStore('tubes').getAll())), role, enrolled: clock.now() }, 'device'));
        await done(m.put(clock.offset, 'clock'));
        await done(m.put(0, 'seq'));
        await done(m.put({ last: clock.now() }, 'contact'));
        await done(m.delete('round'));
        await done(tx.objectStore('people').clear());
        for (const batch of await done(tx.objectStore('batches').getAll())) {
          for (const id of batch.tubes) {
            const tube = await done(tx.objectStore('tubes').get(id));
            await done(tx.objectStore('tubes').put({ ...tube, state: 'closed', ready: true, batch: undefined, before: tube.before || batch.tries > 0 }));
          }
          await done(tx.objectStore('batches').delete([batch.device, batch.seq]));
        }
        for (const order of await done(tx.objectStore('orders').index('state').getAll('waiting'))) await done(tx.objectStore('orders').put({ ...order, text: undefined }));
      });
      asked = 0; // the next turn asks for what is looked up without network
      return reply;
    },
  };
}

/** The rounds of a new enrolment, and those of the former one that unsent tubes here still belong to. */
function keepRounds(rounds, former, tubes) {
  const list = [...rounds];
  for (const old of former?.rounds ?? []) {
    if (!list.some((r) => r.id === old.id) && tubes.some((t) => t.round === old.id && ['open', 'closed', 'sending', 'aside'].includes(t.state))) list.push({ ...old, state: 'closed' });
  }
  return list;
}
