// A sampling desk with a phone: a shift without network, a phone that goes out in the middle of it, and a server that fails.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { person, phone } from '../browser.js';
import { faults } from '../checks.js';
import { startProxy } from '../town_desk.js';

/** Types a code as a scanner does. */
async function scan(page, code) {
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
}

/** Types many codes faster than any hand, in the page; each is one the app takes in its turn. */
const scanAll = (page, codes) => page.evaluate((list) => {
  for (const code of list) {
    for (const key of code) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  }
}, codes);

/** Waits until the app has said something. */
const said = (page, what) => page.locator('.said', { hasText: what }).waitFor();

/** What the phone keeps, read as the app does. */
const kept = (page, store) => page.evaluate((name) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('firebreak-desk');
  opening.onsuccess = () => {
    const all = opening.result.transaction(name).objectStore(name).getAll();
    all.onsuccess = () => { opening.result.close(); resolve(all.result); };
    all.onerror = () => reject(all.error);
  };
}), store);

async function until(what, check, patience = 30000) {
  const end = Date.now() + patience;
  for (;;) {
    const out = await check();
    if (out) return out;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** A phone at a desk, enrolled, with its app kept for later. */
async function atDesk(stage, desks, url, as = {}) {
  const who = await person(stage.browser, url, { lang: 'en', screen: phone, ...as });
  await who.page.goto('/desk/#invite=' + desks.invitations.pop());
  await who.page.locator('section.tube').waitFor();
  assert.equal(new URL(who.page.url()).hash, '', 'the invitation is not left in the address');
  await who.page.evaluate(() => navigator.serviceWorker.ready);
  return who;
}

export function desk(stage, test) {
  test('500 samples without network, reloads and a phone that dies; then a server that fails every third time: all arrive once', async () => {
    const desks = await stage.desks();
    const proxy = await startProxy(desks.url);
    const who = await atDesk(stage, desks, proxy.url);
    let { page } = who;
    const people = desks.people.slice(0, 500);
    const codes = [];
    for (let i = 0; i < 50; i++) codes.push(`A1-${String(i).padStart(4, '0')}`, ...people.slice(i * 10, i * 10 + 10).map((p) => p.code));

    await page.reload(); // from now on the worker serves it
    await page.locator('section.tube').waitFor();
    await who.context.setOffline(true);
    const held = async () => (await kept(page, 'members')).length;

    await scan(page, codes[0]);
    await said(page, 'A1-0000 is open');
    await scan(page, codes[1]);
    await said(page, /is in/);
    assert.equal(await held(), 1, 'a person is kept when the app says so');
    await scanAll(page, codes.slice(2, 200));
    await until('199 codes taken', async () => (await held()) === 199 - 18);

    await page.reload(); // without network, in the middle of a tube
    await page.locator('section.tube').waitFor();
    assert.equal(await held(), 181);
    await scanAll(page, codes.slice(200, 360));
    await until('taken', async () => (await held()) > 200);
    // The phone goes out while codes are being taken: what was confirmed is there, and what was not is scanned again.
    await page.close({ runBeforeUnload: false });
    page = await who.context.newPage();
    await page.goto('/desk/');
    await page.locator('section.tube').waitFor();
    const tubes = await kept(page, 'tubes');
    const members = await kept(page, 'members');
    assert.equal(members.length, tubes.reduce((n, t) => n + t.n, 0), 'what a tube counts is who is in it');
    const done = codes.findLastIndex((code) => members.some((m) => m.person === code) || tubes.some((t) => t.code === code)) + 1;
    // A person's code may begin with A1 too, but has its hyphen elsewhere.
    assert.ok(done > 200 && members.length === codes.slice(0, done).filter((c) => !c.startsWith('A1-')).length, 'in the order of the scans, without a hole');
    await scanAll(page, codes.slice(done));
    await until('all 500 taken', async () => (await held()) === 500);
    await page.getByRole('button', { name: /Close tube/ }).last().click();
    await said(page, 'A1-0049 closed');
    await page.getByRole('button', { name: 'To send' }).click();
    assert.match(await page.locator('.figures').innerText(), /500\s+people\s+50\s+tubes/);
    assert.match(await page.locator('.status').innerText(), /offline/);
    assert.equal(proxy.batches.length, 0);

    let sent = 0; // every third fails, of batches from the first on: how many there are, the phone decides
    proxy.bad = (request, n) => {
      if (request.url !== '/capture/v1/batches') return n % 3 ? '' : 'before';
      return ++sent % 3 !== 1 ? '' : sent % 2 ? 'after' : 'before';
    };
    await who.context.setOffline(false);
    await page.getByRole('button', { name: 'Send now' }).click();
    await until('everything is sent', async () => /everything is sent/.test(await page.locator('.status').innerText()), 45000);

    const stored = await until('all in the store', async () => {
      const list = (await desks.stored()).filter((t) => t.code.startsWith('A1-'));
      return list.length === 50 && list;
    });
    assert.deepEqual(stored.flatMap((t) => t.people).toSorted((a, b) => a - b), people.map((p) => p.id).toSorted((a, b) => a - b), 'each person once');
    assert.ok(proxy.batches.some((b) => b.fate === 'after'), 'an answer was lost');
    const bySeq = Map.groupBy ? Map.groupBy(proxy.batches, (b) => JSON.parse(b.text).seq) : proxy.batches.reduce((m, b) => { const k = JSON.parse(b.text).seq; return m.set(k, [...(m.get(k) ?? []), b]); }, new Map());
    for (const [seq, list] of bySeq) assert.ok(list.every((b) => b.text === list[0].text), `batch ${seq} said something else when it was sent again`);
    assert.deepEqual(await kept(page, 'members'), [], 'nobody is left on the phone');
    const [count] = JSON.parse(await desks.cli('round', 'list', '--outbreak', 'town', '--json')).rounds;
    assert.ok(count.counts.sampled >= 500, JSON.stringify(count));
    await who.close();
    await proxy.stop();
  }, 180000);

  test('what cannot be right is refused at once, and undone where it can be', async () => {
    const desks = await stage.desks();
    const who = await atDesk(stage, desks, desks.url);
    const { page } = who;
    const [a, b, c] = desks.people.slice(500);
    await scan(page, a.code); // people first, the label after them
    await said(page, /Scan the tube's label when ready/);
    await scan(page, 'B1-0001');
    await said(page, 'The label is B1-0001');
    await scan(page, a.code);
    await said(page, 'already in this tube');
    assert.equal(await page.locator('.said').getAttribute('data-how'), 'refused');
    await scan(page, b.code);
    await said(page, /is in/);
    await page.getByRole('button', { name: 'Undo' }).click();
    await said(page, /is taken out/);
    await scan(page, b.code.toLowerCase().replace('-', '')); // the same code as somebody types it
    await said(page, /is in/);
    await scan(page, 'B1-0002'); // another tube while one is open: asked
    await page.getByRole('button', { name: 'Cancel' }).click();
    await said(page, 'Not taken');
    await scan(page, 'B1-0001'); // the same label again closes
    await said(page, 'B1-0001 closed, 2 people');
    await scan(page, 'B1-0001');
    await said(page, 'was used before');
    await scan(page, 'B1-0003');
    await said(page, 'B1-0003 is open');
    await scan(page, a.code); // sampled in this round: asked, and insisted on
    await page.getByRole('button', { name: 'Yes, take again' }).click();
    await said(page, /is in/);
    await page.getByRole('button', { name: 'Undo' }).click();
    await said(page, /is taken out/);
    await page.getByRole('button', { name: 'Single' }).click();
    await scan(page, c.code);
    await said(page, 'is full');
    await scan(page, b.code);
    await said(page, 'The tube is full');
    await scan(page, 'B1-0004');
    await said(page, 'B1-0003 closed, 1 person');

    await page.getByRole('button', { name: 'No code' }).click(); // a document whose check digit is wrong
    await page.fill('#sheet-number', '110105194912310021');
    await page.fill('#sheet-name', '王小明');
    await page.getByRole('button', { name: 'Add to the tube' }).click();
    await page.getByText('no valid identity number').waitFor();
    await page.fill('#sheet-number', '11010519491231002X');
    await page.getByRole('button', { name: 'Add to the tube' }).click();
    await said(page, '王** is in');
    assert.doesNotMatch(await page.locator('#app').innerText(), /小明|1231002/, 'name and document are not shown');
    assert.ok((await kept(page, 'members')).every((m) => !JSON.stringify(m).includes('小明')), 'nor kept in the clear');
    await page.getByRole('button', { name: 'Close tube' }).click();
    await page.getByRole('button', { name: 'To send' }).click();
    await page.getByRole('button', { name: 'Send now' }).click();
    await until('sent', async () => /everything is sent/.test(await page.locator('.status').innerText()));
    const stored = await until('stored', async () => {
      const list = (await desks.stored()).filter((t) => t.code.startsWith('B1-'));
      return list.length === 3 && list;
    });
    assert.deepEqual(Object.fromEntries(stored.map((t) => [t.code, `${t.kind} ${t.people.length}`])), { 'B1-0001': 'pool 2', 'B1-0003': 'single 1', 'B1-0004': 'pool 1' });
    await page.evaluate(() => new Promise((resolve) => { // two weeks and a day later
      indexedDB.open('firebreak-desk').onsuccess = (event) => {
        const tx = event.target.result.transaction('tubes', 'readwrite');
        tx.objectStore('tubes').openCursor().onsuccess = ({ target: { result: at } }) => {
          if (!at) return;
          at.update({ ...at.value, closed: at.value.closed - 15 * 86400000 });
          at.continue();
        };
        tx.oncomplete = () => { event.target.result.close(); resolve(); };
      };
    }));
    await page.reload();
    await page.locator('h1').first().waitFor();
    await until('forgotten', async () => (await kept(page, 'tubes')).length === 0 && (await kept(page, 'marks')).length === 0);
    assert.deepEqual(who.complaints, []);
    await who.close();
  });

  test('a refused tube is set aside with its reason, the queue goes on, and it is put right', async () => {
    const desks = await stage.desks();
    const who = await atDesk(stage, desks, desks.url);
    const { page } = who;
    const [a, b] = desks.people.slice(510);
    await scan(page, 'C1-0001');
    await said(page, 'is open');
    await scan(page, 'K7Q2M-4XD9R'); // nobody's
    await said(page, /is in/);
    await scan(page, 'C1-0001');
    await said(page, 'closed');
    await page.getByRole('button', { name: 'To send' }).click();
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.getByText("is nobody's").waitFor();
    await scan(page, 'C1-0002'); // goes to the desk by itself
    await said(page, 'C1-0002 is open');
    await scan(page, a.code);
    await said(page, /is in/);
    await scan(page, 'C1-0002');
    await said(page, 'closed');
    await page.getByRole('button', { name: 'To send' }).click();
    await page.getByRole('button', { name: 'Send now' }).click();
    await until('the next tube', async () => (await desks.stored()).some((t) => t.code === 'C1-0002'));

    await page.getByRole('button', { name: 'Put right' }).click();
    await said(page, 'put it right');
    await page.getByRole('button', { name: 'Undo' }).click();
    await said(page, /is taken out/);
    await scan(page, b.code);
    await said(page, /is in/);
    await page.getByRole('button', { name: 'Close tube' }).click();
    await page.getByRole('button', { name: 'To send' }).click();
    await page.getByRole('button', { name: 'Send now' }).click();
    await until('the tube that was put right', async () => (await desks.stored()).some((t) => t.code === 'C1-0001' && t.people[0] === b.id));
    await who.close();
  });

  test('a new version is kept beside the old one in mid-shift, taken on request, and nothing is lost', async () => {
    const desks = await stage.desks();
    const proxy = await startProxy(desks.url);
    const who = await atDesk(stage, desks, proxy.url);
    const { page } = who;
    const version = () => page.evaluate(() => document.documentElement.dataset.version);
    const old = await version();
    const next = 'feedfacecafe';
    const [a, b] = desks.people.slice(520);
    await page.reload();
    await page.locator('section.tube').waitFor();
    await scan(page, 'D1-0001');
    await said(page, 'is open');
    await scan(page, a.code);
    await said(page, /is in/);
    proxy.rewrite = { path: (url) => url.replace(next, old), body: (_, bytes) => (bytes.includes(old) ? Buffer.from(bytes.toString().replaceAll(old, next)) : bytes) };
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    await page.getByText('A new version is here').waitFor();
    assert.equal(await version(), old, 'the old one goes on meanwhile');
    await scan(page, b.code);
    await said(page, /is in/);
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Take it now' }).click()]);
    await page.locator('section.tube', { hasText: 'D1-0001' }).waitFor();
    assert.equal(await version(), next);
    assert.match(await page.locator('.count').innerText(), /^2/);
    await who.context.setOffline(true);
    await page.reload();
    await page.locator('section.tube', { hasText: 'D1-0001' }).waitFor();
    assert.equal(await version(), next, 'the new one works without network');
    await who.context.setOffline(false);
    await who.close();
    await proxy.stop();
  });

  test('a phone that was signed off keeps what it has, and sends it after it was enrolled again', async () => {
    const desks = await stage.desks();
    const proxy = await startProxy(desks.url);
    const who = await atDesk(stage, desks, proxy.url);
    const { page } = who;
    const [a] = desks.people.slice(530);
    await scan(page, 'E1-0001');
    await said(page, 'is open');
    await scan(page, a.code);
    await said(page, /is in/);
    await scan(page, 'E1-0001');
    await said(page, 'closed');
    // What the server says to a device that was signed off, on the way.
    await who.context.route('**/capture/v1/batches', (route) => route.fulfill({ status: 401, json: { error: { code: 'not_enrolled', text: 'no device has this key', retry: false } } }));
    await page.getByRole('button', { name: 'To send' }).click();
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.locator('.status', { hasText: 'signed off' }).waitFor();
    await who.context.unroute('**/capture/v1/batches');
    await page.goto('/desk/#invite=' + desks.invitations.pop());
    await page.locator('section.tube').waitFor();
    await until('sent', async () => (await desks.stored()).some((t) => t.code === 'E1-0001' && t.people[0] === a.id));
    assert.equal((await desks.stored()).filter((t) => t.code === 'E1-0001').length, 1);
    await who.close();
    await proxy.stop();
  });

  test('tubes are packed and counted, and a courier who is faster than the desk\'s network waits for its word', async () => {
    const desks = await stage.desks();
    const who = await atDesk(stage, desks, desks.url);
    const { page } = who;
    const courier = await person(stage.browser, desks.url, { lang: 'en', screen: phone });
    await courier.page.goto('/desk/#invite=' + desks.courier);
    await courier.page.getByRole('button', { name: 'collected' }).waitFor();
    for (const [i, p] of desks.people.slice(534, 536).entries()) {
      await scan(page, `G1-000${i}`);
      await said(page, 'is open');
      await scan(page, p.code);
      await said(page, /is in/);
      await scan(page, `G1-000${i}`);
      await said(page, 'closed');
    }
    await page.getByRole('button', { name: 'Boxes' }).click();
    await scan(page, 'B-0001');
    await said(page, 'Box B-0001 is open');
    await scan(page, 'G1-0000');
    await said(page, 'G1-0000 is in the box');
    await scan(page, 'G1-0000');
    await said(page, 'already in box');
    await page.getByRole('button', { name: 'Pack 1 tube' }).click();
    await said(page, '2 tubes');
    await who.context.setOffline(true);
    await page.getByRole('button', { name: 'Close box' }).click();
    await page.fill('#sheet-counted', '3');
    await page.locator('dialog').getByRole('button', { name: 'Close box' }).click();
    await page.getByText('Counted 3, the system has 2').waitFor(); // and cannot be closed so
    await page.fill('#sheet-note', 'one tube without a label');
    await page.locator('dialog').getByRole('button', { name: 'Close box' }).click();
    await said(page, 'counted 3, system 2');

    await scan(courier.page, 'B-0001');
    await courier.page.fill('#sheet-counted', '2');
    await courier.page.locator('dialog').getByRole('button', { name: 'collected' }).click();
    await courier.page.getByText("waits for the desk's word").waitFor();
    await who.context.setOffline(false);
    await page.getByRole('button', { name: 'To send' }).click();
    await page.getByRole('button', { name: 'Send now' }).click();
    await until('the desk has sent', async () => /everything is sent/.test(await page.locator('.status').innerText()));
    await page.getByRole('button', { name: 'Boxes' }).click();
    assert.match(await page.locator('.list').innerText(), /B-0001[\s\S]*sent/);
    await courier.page.getByRole('button', { name: 'To send' }).click();
    await courier.page.getByRole('button', { name: 'Send now' }).click();
    await until('the courier has sent', async () => /everything is sent/.test(await courier.page.locator('.status').innerText()));
    await scan(courier.page, 'B-0001'); // the same step twice
    await courier.page.locator('dialog').getByRole('button', { name: 'collected' }).click();
    await said(courier.page, 'was recorded');
    await courier.close();
    await who.close();
  });

  test('somebody without a code is found in the list without network, and no name is on the phone in the clear', async () => {
    const desks = await stage.desks();
    const who = await atDesk(stage, desks, desks.url);
    const { page } = who;
    await until('the list is there', async () => (await kept(page, 'people')).some((p) => p.n > 500));
    assert.doesNotMatch(JSON.stringify(await kept(page, 'people')), /欧|501/, 'the list is sealed');
    await who.context.setOffline(true);
    await page.reload();
    await page.locator('section.tube').waitFor();
    await scan(page, 'J1-0001');
    await said(page, 'is open');
    await page.getByRole('button', { name: 'Find in list' }).click();
    await page.fill('#sheet-search', '欧 号楼');
    await page.getByText('2 people found').waitFor();
    await page.fill('#sheet-search', '欧 3号楼');
    await page.getByText('1 person found').waitFor();
    assert.match(await page.locator('.found').innerText(), /欧\*\*[\s\S]*3号楼 2单元501/);
    assert.doesNotMatch(await page.locator('dialog').innerText(), /若兰/);
    assert.deepEqual(await faults(page, { lang: 'en', data: [] }), []);
    await page.locator('.found button').click();
    await said(page, /is in/);
    await page.getByRole('button', { name: 'Find in list' }).click();
    await page.fill('#sheet-search', '501');
    await page.locator('.found button').first().click();
    await said(page, 'already in this tube');
    await page.getByRole('button', { name: 'Close tube' }).click();
    await said(page, 'J1-0001 closed');
    await who.context.setOffline(false);
    await page.getByRole('button', { name: 'To send' }).click();
    const tube = await until('stored', async () => (await desks.stored()).find((t) => t.code === 'J1-0001'));
    assert.equal(tube.people.length, 1);
    assert.ok(!desks.people.some((p) => p.id === tube.people[0]), 'one of those who have a name');
    await who.close();
  });

  test('a laboratory receives a box tube by tube without network, and sees what is missing and what is too many', async () => {
    const desks = await stage.desks();
    const who = await atDesk(stage, desks, desks.url);
    for (const [i, p] of desks.people.slice(536, 539).entries()) {
      await scan(who.page, `L1-000${i}`);
      await said(who.page, 'is open');
      await scan(who.page, p.code);
      await said(who.page, /is in/);
      await scan(who.page, `L1-000${i}`);
      await said(who.page, 'closed');
    }
    await who.page.getByRole('button', { name: 'Boxes' }).click();
    await scan(who.page, 'B-0100');
    await said(who.page, 'Box B-0100 is open');
    await who.page.getByRole('button', { name: 'Pack all 3 tubes' }).click();
    await said(who.page, '3 tubes');
    await who.page.getByRole('button', { name: 'Close box' }).click();
    await who.page.fill('#sheet-counted', '3');
    await who.page.locator('dialog').getByRole('button', { name: 'Close box' }).click();
    await said(who.page, 'B-0100');
    await who.page.getByRole('button', { name: 'To send' }).click();
    await who.page.getByRole('button', { name: 'Send now' }).click();
    await until('the desk has sent', async () => /everything is sent/.test(await who.page.locator('.status').innerText()));

    const bench = await person(stage.browser, desks.url, { lang: 'en', screen: phone });
    const { page } = bench;
    await page.goto('/desk/#invite=' + desks.bench);
    await page.getByRole('button', { name: 'scan each tube' }).click();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await until('told what is on its way', () => page.evaluate(() => new Promise((resolve) => {
      indexedDB.open('firebreak-desk').onsuccess = ({ target: { result: db } }) => {
        db.transaction('meta').objectStore('meta').get('coming').onsuccess = ({ target: { result } }) => { db.close(); resolve(Boolean(result?.['B-0100'])); };
      };
    })));
    await bench.context.setOffline(true);
    await page.reload();
    await page.getByRole('button', { name: 'scan each tube' }).waitFor();
    await scan(page, 'B-0100');
    await said(page, '3 tubes were packed');
    await scan(page, 'L1-0000');
    await said(page, 'L1-0000 is in');
    await scan(page, 'L1-0000');
    await said(page, 'already in box');
    await page.reload(); // in the middle of a box
    await page.locator('section.tube', { hasText: 'B-0100' }).waitFor();
    await scan(page, 'L1-0009');
    await said(page, 'was not packed in this box');
    await scan(page, 'L1-0002');
    await said(page, 'L1-0002 is in');
    const card = await page.locator('section.tube').innerText();
    assert.match(card, /1 tube too many:\s+L1-0009/);
    assert.match(card, /1 tube not scanned yet:\s+L1-0001/);
    assert.deepEqual(await faults(page, { lang: 'en', data: [] }), []);
    await page.getByRole('button', { name: 'Receive' }).click();
    await page.getByText('Missing: 1. Too many: 1.').waitFor();
    await page.locator('dialog').getByRole('button', { name: 'Receive' }).click();
    await said(page, '3 tubes');
    await bench.context.setOffline(false);
    await page.getByRole('button', { name: 'To send' }).click(); // it is sent by itself
    await until('sent', async () => /everything is sent/.test(await page.locator('.status').innerText()));
    await page.locator('nav button').first().click();
    const list = await page.locator('.list').innerText(); // what the server says
    assert.match(list, /1 tube is missing:\s+L1-0001/);
    assert.match(list, /1 tube too many:\s+L1-0009/);
    await bench.close();
    await who.close();
  });

  test('a code before the camera is read by the decoder that comes with the app', async () => {
    const desks = await stage.desks();
    const who = await atDesk(stage, desks, desks.url);
    const { page } = who;
    // In place of a camera: pictures of a tube's label (Code 128) and of a person's code (QR).
    await page.evaluate(([bars, square]) => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: 640, height: 480 });
      const pen = canvas.getContext('2d');
      let rows = [bars], size = 4, i = 0;
      globalThis.hold = () => { rows = square.split(' ').map((row) => parseInt(row, 16).toString(2).padStart(21, '0')); size = 12; };
      setInterval(() => {
        pen.fillStyle = '#e8e8e0';
        pen.fillRect(0, 0, 640, 480);
        pen.fillStyle = '#202020';
        const high = rows.length === 1 ? 120 : size, wide = rows[0].length * size;
        for (const [y, row] of rows.entries()) for (const [x, bit] of [...row].entries()) if (bit === '1') pen.fillRect((640 - wide) / 2 + x * size + (i % 3), 100 + y * high, size, high);
        i++;
      }, 60);
      navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(15);
    }, ['11010010000110001010001001110011010011011100101110111101101100110011001101100110011011001100011101011', '1fd27f 104041 175e5d 17585d 17455d 105341 1fd57f 1200 af0ed 14807d 252ee e80f3 146750 15df 1fd975 105278 174ad5 1754f3 1742cd 105325 1fc8bc']);
    await page.getByRole('button', { name: 'Scan tube' }).click();
    await said(page, 'H1-0001 is open');
    await page.evaluate(() => globalThis.hold());
    await said(page, /K7Q…D9R is in/);
    await page.waitForTimeout(1500);
    assert.match(await page.locator('.count').innerText(), /^1/, 'a code that is held before the camera counts once');
    await page.getByRole('button', { name: 'Stop camera' }).click();
    await page.locator('video').waitFor({ state: 'detached' });
    assert.deepEqual(who.complaints, []);
    await who.close();
  });

  test('the app reads well in both languages, by day, by night and in the sun, on small and large screens', async () => {
    const desks = await stage.desks();
    const wrong = [];
    for (const lang of ['en', 'zh']) {
      const who = await person(stage.browser, desks.url, { lang, screen: phone });
      const { page } = who;
      await page.goto('/desk/');
      await page.locator('.enrol').waitFor();
      const look = async (name) => { for (const fault of await faults(page, { lang, data: ['English', 'AAAAA', 'AAAA'] })) wrong.push(`${name}, ${lang}: ${fault}`); };
      await look('enrol');
      await page.goto('/desk/#invite=' + desks.invitations.pop());
      await page.locator('section.tube').waitFor();
      await look('no tube');
      await scan(page, 'F1-000' + lang);
      await scan(page, 'AAAAA-AAAAA');
      await page.locator('.masked').waitFor();
      for (const theme of ['light', 'dark', 'sun']) {
        await page.evaluate((value) => { localStorage.setItem('theme', value); }, theme);
        await page.reload();
        await page.locator('section.tube').waitFor();
        await scan(page, 'AAAAA-AAAAA'); // twice: refused
        await page.locator('.said[data-how="refused"]').waitFor();
        for (const screen of [phone, { width: 320, height: 568 }, { width: 1280, height: 900 }]) {
          await page.setViewportSize(screen);
          await look(`desk ${theme} ${screen.width}`);
          for (const i of [1, 2, 3]) {
            await page.locator('nav button').nth(i).click();
            await look(`screen ${i} ${theme} ${screen.width}`);
          }
          await page.locator('nav button').first().click();
          await scan(page, 'AAAAA-AAAAA');
        }
      }
      assert.deepEqual(who.complaints, []);
      await who.close();
    }
    assert.deepEqual([...new Set(wrong)], []);
  }, 120000);
}

/** The rules about codes, in a module that stands alone. */
export function deskCodes(stage, test) {
  test('codes, labels and documents are told apart', async () => {
    const text = await readFile(new URL('../../../internal/field/app/files/js/codes.js', import.meta.url), 'utf8');
    const { documentFault, invitation, kindOf, label, mask, personCode } = await import('data:text/javascript,' + encodeURIComponent(text));
    for (const [given, want] of [['k7q2m4xd9r', 'K7Q2M-4XD9R'], [' K7Q2M-4XD9R\n', 'K7Q2M-4XD9R'], ['https://x.example/r#K7Q2M-4XD9R', 'K7Q2M-4XD9R'], ['OIL2M-4XD9R', '0112M-4XD9R'], ['Ｋ７Ｑ２Ｍ-4XD9R', 'K7Q2M-4XD9R'], ['K7Q2M-4XD9', ''], ['K7Q2M-4XD9U', ''], ['', '']]) assert.equal(personCode(given), want, given);
    for (const [given, want] of [['11010519491231002X', ''], ['11010519491231002x', ''], ['110105194912310021', 'id'], ['110105194913310020', 'id'], ['11010519491231002', 'id'], ['E12345678', ''], ['K1', 'short'], ['9'.repeat(65), 'long']]) assert.equal(documentFault(given), want, given);
    for (const [text2, at, want] of [
      ['Q7-0413', {}, 'tube'], ['K7Q2M-4XD9R', {}, 'person'], ['K7Q2M4XD9R', { waiting: true, tube: 'Q7-0413' }, 'person'], ['2203090002', {}, 'tube'],
      ['2203090002', { waiting: true, tube: '2203090001' }, 'tube'], ['11010519491231002X', { waiting: true, tube: 'Q7-0413' }, 'document'], ['K7Q2M4XD9R', { waiting: true, tube: 'Q7-0413', known: true }, 'tube'], ['\u0007', {}, 'nothing'],
    ]) assert.equal(kindOf(text2, at), want, text2);
    assert.equal(label('q7-0413', true), 'Q7-0413');
    assert.equal(label('管'.repeat(14)), '', 'more than 40 bytes');
    assert.deepEqual([mask('王小明'), mask('王明'), mask('Li')], ['王**', '王*', 'L*']);
    assert.equal(invitation('https://firebreak.example/desk/#invite=abcdefghijklmnopqrst_-12'), 'abcdefghijklmnopqrst_-12');
    assert.equal(invitation('no'), '');
  });

  test('waiting grows, keeps to what the server asked for, and is never the same for all', async () => {
    const text = await readFile(new URL('../../../internal/field/app/files/js/server.js', import.meta.url), 'utf8');
    const { wait } = await import('data:text/javascript,' + encodeURIComponent(text));
    assert.equal(wait(0, 0, 0), 500);
    assert.equal(wait(0, 0, 1), 1000);
    assert.equal(wait(3, 0, 1), 8000);
    assert.ok(wait(50, 0, 1) <= 120000);
    assert.ok(wait(0, 5000, 0) > 5000);
  });
}
