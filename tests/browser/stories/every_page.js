// What holds on every page: see checks.js. English by day, Chinese by night, each on a desk and on a phone.
import assert from 'node:assert/strict';
import { desktop, logIn, person, phone } from '../browser.js';
import { faults } from '../checks.js';
import { open, pages } from '../pages.js';

const outbreak = 'laixi-demo';

// What the demo's invented people said, and who they are: data, in the language it was told in.
const data = ['household', 'classroom', 'dormitory', 'canteen', 'train', '/public/check', 'moved to another city last year', 'CDC laboratory, Laixi', 'Hospital laboratory, Jimo', 'sore throat', 'cough', 'fever',
  'Duty officer, Qingdao', 'Epidemiologist, Laixi', 'Follow-up officer, Laixi', 'Transfer dispatcher, Qingdao', 'Hospital, Qingdao', 'Isolation site, Qingdao', 'isolation-staff', 'Provincial viewer (counts only)', 'Auditor, Qingdao', 'Administrator',
  'Laixi school outbreak (demo, invented people)', 'operator', 'sampler', 'laboratory', 'Designated hospital', 'Mobile laboratory', 'Mobile laboratory 1', 'Mobile laboratory 2', 'Mobile laboratory 3', 'teacher', 'family', 'classmate', 'friend', 'fever clinic',
  'duty-officer', 'epidemiologist', 'follow-up-officer', 'transfer-dispatcher', 'higher-level-viewer', 'auditor', 'administrator', 'cut-the-chain-2022', 'Wallinga', 'Teunis',
  'Screening coordinator, Qingdao', 'Laboratory, Laixi', 'LX-CDC', 'Community worker, Shuiji street', 'community-worker', 'screening-coordinator', 'Asia/Shanghai',
  'transfer vehicles', 'hospital', 'Quarantine site', 'Ambulance', 'Bus', 'oxygen', 'barrier_free', // a command and words as they are typed
  '--public-url', 'code（', 'name（', 'area（', 'lanes（', 'lon（', 'lat（', 'opens（', 'closes（']; // columns of a file, as they are typed

// Scripts answer a new width in the frame after it.
function settled(page) { return page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); })); }

export function everyPage(stage, test) {
  for (const as of [{ lang: 'en', theme: 'light' }, { lang: 'zh', theme: 'dark' }]) {
    const people = new Map();
    for (const entry of pages) {
      test(`${entry.name}, ${as.lang}, ${as.theme}`, async () => {
        const { url } = await stage.demo();
        if (!people.has(entry.role)) people.set(entry.role, logIn(await person(stage.browser, url, as), entry.role, as));
        const { page, complaints } = await people.get(entry.role);
        complaints.length = 0;
        await page.setViewportSize(desktop);
        const answer = await open(page, entry, outbreak, as.lang);
        assert.equal(answer.status(), entry.status ?? 200);
        assert.deepEqual(await faults(page, { ...as, data }), [], 'on a desk');
        await page.setViewportSize(phone);
        await settled(page);
        assert.deepEqual(await faults(page, { ...as, data }), [], 'on a phone');
        // Drawings come after the page; their complaints are waited for with them.
        await page.waitForFunction(() => [...document.querySelectorAll('[data-chart], [data-graph], [data-map]')].every((e) => e.dataset.drawn));
        await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => setTimeout(done, 50)); }));
        assert.equal(await page.locator('.undrawn').count(), 0, `a drawing failed: ${complaints}`);
        assert.deepEqual(complaints.filter((c) => !c.includes(`status of ${entry.status}`)), []);
      });
    }
    test(`log-in page, ${as.lang}, ${as.theme}`, async () => {
      const { url } = await stage.demo();
      const who = await person(stage.browser, url, as);
      for (const screen of [desktop, phone]) {
        await who.page.setViewportSize(screen);
        await who.page.goto('/login');
        assert.deepEqual(await faults(who.page, { ...as, data }), []);
      }
      assert.deepEqual(who.complaints, []);
      await who.close();
    });
  }
}
