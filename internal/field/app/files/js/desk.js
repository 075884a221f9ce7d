// What is done at a desk: tubes are opened, people are put in, tubes are closed and packed into boxes. Each order is one change of the store, kept before it is answered.
//
//   tube: open -> closed -> sending -> sent     or, at the end: held (the office settles it), aside (the desk mends it), given up
//   box:  open -> packed -> sent                or aside
import { documentNumber, mask, maskCode } from './codes.js';
import { stamp } from './clock.js';
import { done } from './store.js';

/** Why something is not done. code is of desk.reason; confirm is true where the person at the desk may insist. */
export class Refusal extends Error {
  constructor(code, values = {}, confirm = false) {
    super(code);
    Object.assign(this, { code, values, confirm });
  }
}

/** How many people the kinds of tube hold. */
export const mostIn = { household: 20, single: 1 };

const keeps = 14 * 86400000; // how long a phone remembers a tube that was sent
const mostReceived = 500; // tubes of a box, as the server takes them
const early = 10 * 60000; // how long before its start a round takes people, as the server does

/** The people a tube may hold. */
export const limit = (tube, round) => (tube.kind === 'pool' ? (round?.pool ?? tube.pool ?? 10) : mostIn[tube.kind]);

/** @param {{store: any, seal: any, clock: any}} parts */
export function makeDesk({ store, seal, clock }) {
  const meta = (tx, key) => done(tx.objectStore('meta').get(key));
  const open = async (tx) => (await done(tx.objectStore('tubes').index('state').getAll('open')))[0];
  const members = (tx, id) => done(tx.objectStore('members').index('tube').getAll(id));

  /** The round that the desk works on, or a refusal. */
  function roundOf(device, chosen) {
    if (!device) throw new Refusal('not_enrolled');
    const round = device.rounds.find((r) => r.id === chosen) ?? device.rounds.find((r) => r.state === 'open') ?? device.rounds[0];
    if (!round) throw new Refusal('no_round');
    return round;
  }

  function checkRound(round, insisted) {
    const now = clock.now();
    if (round.state === 'closed') throw new Refusal('round_ended', { round: round.name });
    if (now < Date.parse(round.starts_at) - early) throw new Refusal('before_round', { round: round.name, at: round.starts_at });
    if (now > Date.parse(round.ends_at) && !insisted) throw new Refusal('round_late', { round: round.name }, true);
  }

  async function begin(tx, kind) {
    const device = await meta(tx, 'device');
    const round = roundOf(device, await meta(tx, 'round'));
    return { state: 'open', kind: kind ?? 'pool', round: round.id, site: device.site.id, pool: round.pool, n: 0, opened: clock.now() };
  }

  /** Puts somebody into the open tube, or into one without label that waits for it. */
  async function add(who, member, { again = false, late = false } = {}) {
    return store.write(['meta', 'tubes', 'members', 'marks'], async (tx) => {
      const device = await meta(tx, 'device');
      let tube = await open(tx);
      tube ??= await begin(tx, await meta(tx, 'kind'));
      const round = roundOf(device, tube.round);
      if (round.id !== tube.round) throw new Refusal('round_ended', { round: '' });
      checkRound(round, late || tube.n > 0);
      if (tube.n >= limit(tube, round)) throw new Refusal('full', { tube: tube.code ?? '', n: tube.n });
      const mark = `${tube.round} ${who}`;
      const before = await done(tx.objectStore('marks').index('who').getAll(mark));
      if (tube.id && before.some((m) => m.tube === tube.id)) throw new Refusal('person_twice', { who: member.shown });
      if (before.length > 0 && !again) throw new Refusal('sampled_before', { who: member.shown, at: stamp(before.at(-1).at) }, true);
      tube.id ??= await done(tx.objectStore('tubes').add(tube));
      const at = Math.max(clock.now(), tube.last ?? 0);
      const id = await done(tx.objectStore('members').add({ ...member, tube: tube.id, at, who: mark }));
      await done(tx.objectStore('marks').put({ who: mark, tube: tube.id, at }));
      tube.n += 1;
      tube.last = at;
      await done(tx.objectStore('tubes').put(tube));
      return { tube, member: id, shown: member.shown, full: tube.n >= limit(tube, round) };
    });
  }

  return {
    /** @param {string} code a person's */
    addPerson: (code, insist) => add('p ' + code, { person: code, shown: maskCode(code) }, insist),

    /** Somebody without a code: both the document and the name are needed. */
    async addDocument(number, name, insist) {
      const document = documentNumber(number);
      if (!document || !name.trim()) throw new Refusal('no_document');
      const [who, sealed] = await Promise.all([seal.mark(document), seal.close({ document, name: name.trim() })]);
      return add('d ' + who, { sealed, shown: mask(name) }, insist);
    },

    /**
     * A label was scanned. With people waiting without label it is theirs; with an open tube of the same label it closes; else a new tube begins, after the open one
     * was closed if it is full or close says so.
     */
    tube: (code, { kind, close = false, late = false } = {}) => store.write(['meta', 'tubes', 'boxes'], async (tx) => {
      const tubes = tx.objectStore('tubes');
      const device = await meta(tx, 'device');
      let now = await open(tx);
      if (now?.code === code) return { tube: await shut(tx, now), closed: now };
      const used = await done(tubes.index('code').getAll(code)); // given up or not: a label is used once
      if (used.length > 0) throw new Refusal('tube_used', { tube: code, at: stamp(used[0].opened) });
      if (await done(tx.objectStore('boxes').get(code))) throw new Refusal('is_box', { box: code });
      const round = roundOf(device, now?.round ?? await meta(tx, 'round'));
      checkRound(round, late || now?.n > 0);
      if (now && !now.code) {
        now.code = code;
        await done(tubes.put(now));
        return { tube: now, labelled: true };
      }
      let closed;
      if (now?.n === 0) { // the label was wrong, or torn: nobody is in it
        await done(tubes.delete(now.id));
      } else if (now) {
        if (now.n < limit(now, round) && !close) throw new Refusal('tube_open', { tube: now.code, n: now.n, next: code }, true);
        closed = await shut(tx, now);
      }
      now = await begin(tx, kind ?? await meta(tx, 'kind'));
      now.code = code;
      now.id = await done(tubes.add(now));
      return { tube: now, closed };
    }),

    /** Closes the open tube; it will be sent. */
    close: () => store.write(['tubes'], async (tx) => {
      const tube = await open(tx);
      if (!tube) throw new Refusal('no_tube');
      return shut(tx, tube);
    }),

    /** What kind the open tube is; with none open, what kind those to come are. A household among pools so changes nothing for the tube after it. */
    kind: (kind) => store.write(['meta', 'tubes'], async (tx) => {
      const tube = await open(tx);
      if (tube) {
        const device = await meta(tx, 'device');
        if (tube.n > limit({ ...tube, kind }, device.rounds.find((r) => r.id === tube.round))) throw new Refusal('kind_full', { n: tube.n });
        tube.kind = kind;
        await done(tx.objectStore('tubes').put(tube));
      } else await done(tx.objectStore('meta').put(kind, 'kind'));
    }),

    /** Takes back the last thing: the last person of the open tube, else the empty tube, else the closing of the last tube as long as nothing of it was sent. */
    undo: () => store.write(['tubes', 'members', 'marks'], async (tx) => {
      const tubes = tx.objectStore('tubes');
      let tube = await open(tx);
      if (!tube) {
        tube = (await done(tubes.index('state').getAll('closed'))).filter((t) => !t.box).sort((a, b) => a.closed - b.closed).at(-1);
        if (!tube) throw new Refusal('no_undo');
        Object.assign(tube, { state: 'open', closed: undefined });
        await done(tubes.put(tube));
        return { reopened: tube };
      }
      const last = (await members(tx, tube.id)).at(-1);
      if (!last) {
        await done(tubes.delete(tube.id));
        return { dropped: tube };
      }
      await done(tx.objectStore('members').delete(last.id));
      await done(tx.objectStore('marks').delete([last.who, tube.id]));
      tube.n -= 1;
      if (tube.n === 0 && !tube.code) await done(tubes.delete(tube.id));
      else await done(tubes.put(tube));
      return { removed: last.shown, tube };
    }),

    /** Takes one person out of the open tube. */
    remove: (id) => store.write(['tubes', 'members', 'marks'], async (tx) => {
      const tube = await open(tx);
      const member = await done(tx.objectStore('members').get(id));
      if (!tube || member?.tube !== tube.id) throw new Refusal('no_undo');
      await done(tx.objectStore('members').delete(id));
      await done(tx.objectStore('marks').delete([member.who, tube.id]));
      tube.n -= 1;
      await done(tx.objectStore('tubes').put(tube));
      return { removed: member.shown, tube };
    }),

    /** A tube that the server refused and did not keep is opened again, so that its label or a person can be put right. */
    mend: (id) => store.write(['tubes', 'batches'], async (tx) => {
      const tubes = tx.objectStore('tubes');
      const tube = await done(tubes.get(id));
      if (tube?.state !== 'aside') throw new Refusal('no_undo');
      if (await open(tx)) throw new Refusal('close_first');
      Object.assign(tube, { state: 'open', mended: tube.code, reason: undefined, text: undefined, batch: undefined });
      await done(tubes.put(tube));
      return tube;
    }),

    /** The label of a tube that is being mended was mistyped or torn. */
    relabel: (code) => store.write(['tubes'], async (tx) => {
      const tubes = tx.objectStore('tubes');
      const tube = await open(tx);
      if (!tube) throw new Refusal('no_tube');
      const used = await done(tubes.index('code').getAll(code));
      if (used.some((t) => t.id !== tube.id)) throw new Refusal('tube_used', { tube: code, at: stamp(used[0].opened) });
      tube.code = code;
      await done(tubes.put(tube));
      return tube;
    }),

    /** A tube that was set aside is sent once more as it is: the round was opened meanwhile, or the clock was set. */
    again: (id) => store.write(['tubes'], async (tx) => {
      const tube = await done(tx.objectStore('tubes').get(id));
      if (tube?.state !== 'aside') throw new Refusal('no_undo');
      Object.assign(tube, { state: 'closed', closed: tube.closed ?? clock.now(), ready: true, reason: undefined, text: undefined, batch: undefined });
      await done(tx.objectStore('tubes').put(tube));
      return tube;
    }),

    /** A tube that was set aside is given up: its people have to be sampled again. Its label stays used. */
    drop: (id) => store.write(['tubes', 'members', 'marks'], async (tx) => {
      const tube = await done(tx.objectStore('tubes').get(id));
      if (tube?.state !== 'aside') throw new Refusal('no_undo');
      for (const member of await members(tx, id)) {
        await done(tx.objectStore('members').delete(member.id));
        await done(tx.objectStore('marks').delete([member.who, id]));
      }
      tube.state = 'dropped';
      await done(tx.objectStore('tubes').put(tube));
      return tube;
    }),

    /** Begins a box, or goes on with it. */
    openBox: (code) => store.write(['meta', 'tubes', 'boxes'], async (tx) => {
      const boxes = tx.objectStore('boxes');
      const there = await done(boxes.get(code));
      if (there && there.state !== 'open') throw new Refusal('box_taken', { box: code });
      if ((await done(tx.objectStore('tubes').index('code').getAll(code))).length > 0) throw new Refusal('is_tube', { tube: code });
      const device = await meta(tx, 'device');
      const box = there ?? { code, state: 'open', tubes: [], opened: clock.now(), site: device.site.id, round: 0 };
      if (!there) await done(boxes.put(box));
      await done(tx.objectStore('meta').put(code, 'box'));
      return box;
    }),

    /** A tube goes into the open box. One of another desk may too: its label is taken as it is. */
    pack: (code, { foreign = false } = {}) => store.write(['meta', 'tubes', 'boxes'], async (tx) => {
      const boxes = tx.objectStore('boxes');
      const box = await done(boxes.get(await meta(tx, 'box') ?? ''));
      if (box?.state !== 'open') throw new Refusal('no_open_box');
      if (box.tubes.includes(code)) throw new Refusal('packed_before', { tube: code, box: box.code });
      const tube = (await done(tx.objectStore('tubes').index('code').getAll(code)))[0];
      if (tube?.box) throw new Refusal('packed_before', { tube: code, box: tube.box });
      if (tube?.state === 'open') throw new Refusal('pack_open', { tube: code });
      if (!tube && !foreign) throw new Refusal('not_ours', { tube: code }, true);
      if (tube && box.round && tube.round !== box.round) throw new Refusal('other_round', { tube: code });
      box.tubes.push(code);
      if (tube) {
        box.round ||= tube.round;
        tube.box = box.code;
        await done(tx.objectStore('tubes').put(tube));
      }
      await done(boxes.put(box));
      return box;
    }),

    /** Takes a tube out again; without a code, the last one. */
    unpack: (code) => store.write(['meta', 'tubes', 'boxes'], async (tx) => {
      const boxes = tx.objectStore('boxes');
      const box = await done(boxes.get(await meta(tx, 'box') ?? ''));
      const out = code ?? box?.tubes.at(-1);
      if (box?.state !== 'open' || !out) throw new Refusal('no_undo');
      box.tubes = box.tubes.filter((t) => t !== out);
      const tube = (await done(tx.objectStore('tubes').index('code').getAll(out)))[0];
      if (tube) {
        tube.box = undefined;
        await done(tx.objectStore('tubes').put(tube));
      }
      if (box.tubes.length > 0) await done(boxes.put(box));
      else { // an empty box is none
        await done(boxes.delete(box.code));
        await done(tx.objectStore('meta').delete('box'));
      }
      return { box, out };
    }),

    /** All closed tubes that are in no box yet go into the open one, as most desks do at the end. */
    packAll: () => store.write(['meta', 'tubes', 'boxes'], async (tx) => {
      const box = await done(tx.objectStore('boxes').get(await meta(tx, 'box') ?? ''));
      if (box?.state !== 'open') throw new Refusal('no_open_box');
      const loose = (await done(tx.objectStore('tubes').getAll())).filter((t) => packable(t) && (!box.round || t.round === box.round));
      for (const tube of loose) {
        if (box.round && tube.round !== box.round) continue;
        box.round ||= tube.round;
        box.tubes.push(tube.code);
        tube.box = box.code;
        await done(tx.objectStore('tubes').put(tube));
      }
      await done(tx.objectStore('boxes').put(box));
      return box;
    }),

    /** The box is closed: what the system has and what lies on the table are the same, or somebody says why not. It will be sent. */
    closeBox: (counted, note) => store.write(['meta', 'boxes', 'orders'], async (tx) => {
      const boxes = tx.objectStore('boxes');
      const box = await done(boxes.get(await meta(tx, 'box') ?? ''));
      const device = await meta(tx, 'device');
      if (box?.state !== 'open' || box.tubes.length === 0) throw new Refusal('no_open_box');
      if (counted !== box.tubes.length && !note.trim()) throw new Refusal('count_differs', { counted, n: box.tubes.length });
      const round = box.round || roundOf(device, await meta(tx, 'round')).id;
      Object.assign(box, { state: 'packed', round, counted, note: note.trim(), packed: clock.now() });
      await done(boxes.put(box));
      await done(tx.objectStore('meta').delete('box'));
      await done(tx.objectStore('orders').add({
        state: 'waiting', path: 'boxes', box: box.code, at: box.packed, tries: 0,
        body: { round, site: box.site, box: box.code, packed_at: stamp(box.packed), tubes: box.tubes, counted, note: box.note },
      }));
      return box;
    }),

    /** A courier or the laboratory has a box in hand. */
    handOver: (code, step, { counted, note = '', tubes } = {}) => store.write(['orders', 'meta'], async (tx) => {
      const orders = tx.objectStore('orders');
      const before = (await done(orders.getAll())).find((o) => o.path === 'handovers' && o.box === code && o.step === step && o.state !== 'aside');
      if (before) throw new Refusal('handed_before', { box: code, at: stamp(before.at) });
      const at = clock.now();
      const body = { box: code, step, at: stamp(at), counted, note: note.trim(), tubes };
      const order = { state: 'waiting', path: 'handovers', box: code, step, at, tries: 0, body };
      order.id = await done(orders.add(order));
      return order;
    }),

    /** The community's list as this phone has it: [code, masked name, door] of each; with long where it is longer than a phone may hold. */
    async list() {
      const kept = await store.read(['people'], (tx) => done(tx.objectStore('people').get('list')));
      return { at: kept?.at, long: kept?.long, people: kept?.sealed ? await seal.open(kept.sealed) : [] };
    },

    /** At a laboratory's door: begins to receive a box tube by tube, or goes on with it. */
    beginReceipt: (box) => store.write(['meta', 'orders'], async (tx) => {
      const before = (await done(tx.objectStore('orders').getAll())).find((o) => o.path === 'handovers' && o.box === box && o.step === 'received' && o.state !== 'aside');
      if (before) throw new Refusal('handed_before', { box, at: stamp(before.at) });
      const receipt = { box, tubes: [], expected: (await meta(tx, 'coming') ?? {})[box] };
      await done(tx.objectStore('meta').put(receipt, 'receipt'));
      return receipt;
    }),

    /** One tube of it. */
    receive: (code) => store.write(['meta'], async (tx) => {
      const receipt = await meta(tx, 'receipt');
      if (!receipt) throw new Refusal('no_open_box');
      if (receipt.tubes.includes(code)) throw new Refusal('packed_before', { tube: code, box: receipt.box });
      if (receipt.tubes.length === mostReceived) throw new Refusal('too_large');
      receipt.tubes.push(code);
      await done(tx.objectStore('meta').put(receipt, 'receipt'));
      return receipt;
    }),

    /** Takes the last tube out again; without any, the receipt is given up. */
    unreceive: () => store.write(['meta'], async (tx) => {
      const receipt = await meta(tx, 'receipt');
      if (!receipt) throw new Refusal('no_undo');
      const out = receipt.tubes.pop();
      await done(out ? tx.objectStore('meta').put(receipt, 'receipt') : tx.objectStore('meta').delete('receipt'));
      return { out, box: receipt.box };
    }),

    /** The box is received as it was scanned. */
    endReceipt: (note) => store.write(['meta', 'orders'], async (tx) => {
      const receipt = await meta(tx, 'receipt');
      if (!receipt || receipt.tubes.length === 0) throw new Refusal('no_open_box');
      const at = clock.now();
      const body = { box: receipt.box, step: 'received', at: stamp(at), counted: receipt.tubes.length, note: note.trim(), tubes: receipt.tubes };
      await done(tx.objectStore('orders').add({ state: 'waiting', path: 'handovers', box: receipt.box, step: 'received', at, tries: 0, body }));
      await done(tx.objectStore('meta').delete('receipt'));
      return receipt;
    }),

    /** How many tubes this phone has last told of a box, to propose the same again. */
    countOf: (code) => store.read(['orders'], async (tx) => (await done(tx.objectStore('orders').getAll())).filter((o) => o.path === 'handovers' && o.box === code).at(-1)?.body.counted),

    /** Forgets an order about a box that the server refused, so that it can be given rightly. */
    dropOrder: (id) => store.write(['orders', 'boxes', 'meta'], async (tx) => {
      const orders = tx.objectStore('orders');
      const order = await done(orders.get(id));
      if (order?.state !== 'aside') throw new Refusal('no_undo');
      await done(orders.delete(id));
      const box = order.path === 'boxes' && await done(tx.objectStore('boxes').get(order.box));
      if (box) { // the tubes are still in it: it is packed once more, under its own or another label
        box.state = 'open';
        await done(tx.objectStore('boxes').put(box));
        await done(tx.objectStore('meta').put(box.code, 'box'));
      }
      return order;
    }),

    setRound: (id) => store.put('round', id),

    /** All that the screens show. */
    look: () => store.read(['meta', 'tubes', 'members', 'batches', 'boxes', 'orders'], async (tx) => {
      const [device, chosen, kind, contact, boxCode, receipt] = await Promise.all(['device', 'round', 'kind', 'contact', 'box', 'receipt'].map((key) => meta(tx, key)));
      const [tubes, boxes, orders, batches] = await Promise.all([
        done(tx.objectStore('tubes').getAll()), done(tx.objectStore('boxes').getAll()), done(tx.objectStore('orders').getAll()),
        done(tx.objectStore('batches').index('state').getAll('waiting')),
      ]);
      const tube = tubes.find((t) => t.state === 'open');
      let round;
      try { round = roundOf(device, tube?.round ?? chosen); } catch { /* none yet */ }
      const unsent = tubes.filter((t) => t.n > 0 && ['open', 'closed', 'sending', 'aside'].includes(t.state));
      const real = tubes.filter((t) => t.state !== 'dropped' && t.round === round?.id); // the day's work, not that of all rounds
      return {
        device, round, receipt, kind: kind ?? 'pool', contact, tube, members: tube ? await members(tx, tube.id) : [], most: tube ? limit(tube, round) : limit({ kind: kind ?? 'pool' }, round),
        unsent: {
          people: unsent.reduce((n, t) => n + t.n, 0), tubes: unsent.length,
          boxes: orders.filter((o) => o.path === 'boxes' && o.state !== 'done').length, steps: orders.filter((o) => (o.path === 'handovers' || o.path === 'told') && o.state !== 'done').length,
        },
        aside: tubes.filter((t) => t.state === 'aside'), held: tubes.filter((t) => t.state === 'held'), waiting: batches,
        tubes: real.filter((t) => t.n > 0).length, people: real.reduce((n, t) => n + t.n, 0),
        loose: tubes.filter(packable), boxes, box: boxes.find((b) => b.code === boxCode && b.state === 'open'), orders,
        undo: Boolean(tube) || tubes.some((t) => t.state === 'closed' && !t.box),
      };
    }),

    /** Forgets what has been with the server for two weeks: labels, and who was in which round. A tube so old is refused by the server. */
    tidy: () => store.write(['tubes', 'marks'], async (tx) => {
      const old = (await done(tx.objectStore('tubes').getAll())).filter((t) => (t.state === 'sent' || t.state === 'dropped') && t.closed < clock.now() - keeps);
      if (old.length === 0) return 0;
      const gone = new Set(old.map((t) => t.id));
      for (const id of gone) await done(tx.objectStore('tubes').delete(id));
      for (const key of await done(tx.objectStore('marks').getAllKeys())) if (gone.has(key[1])) await done(tx.objectStore('marks').delete(key));
      return gone.size;
    }),

    /** Whether a label is one that this phone knows. */
    knows: (code) => store.read(['tubes'], async (tx) => (await done(tx.objectStore('tubes').index('code').count(code))) > 0),
  };

  async function shut(tx, tube) {
    if (tube.n === 0) throw new Refusal('empty', { tube: tube.code ?? '' });
    if (!tube.code) throw new Refusal('no_label');
    Object.assign(tube, { state: 'closed', closed: Math.max(clock.now(), tube.last ?? 0) });
    await done(tx.objectStore('tubes').put(tube));
    return tube;
  }
}

/** A tube that lies on the table. */
const packable = (t) => t.code && !t.box && ['closed', 'sending', 'sent', 'held'].includes(t.state);
