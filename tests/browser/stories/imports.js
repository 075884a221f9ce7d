// A file with mistakes in it, from the drop zone to the list of what was left out.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { logIn, person } from '../browser.js';

const rows = [
  'Nr,Class,Began,Remark,district',
  'IM-1,confirmed,2026-01-08,as told,东区',
  'IM-2,suspected,no day,,西区',
  'IM-3,suspected,2026-01-09,,西区',
  'IM-1,confirmed,2026-01-01,again,东区',
  'IM-4,nonsense,2026-01-09,,东区',
];

export function imports(stage, test) {
  test('a file is uploaded, explained, tried, imported; the counts add up and the rejected rows are told', async () => {
    const who = await logIn(await person(stage.browser, stage.town.url), 'epi');
    const { page } = who;
    await page.goto('/o/town/imports');
    await page.setInputFiles('input[type="file"]', { name: 'east list.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n') + '\n') });
    await page.click('[data-drop] button.primary');
    await page.waitForURL('**/imports/*');
    assert.match(await page.locator('h1').innerText(), /east list\.csv/);
    for (const [i, field] of ['code', 'class', 'onset', '-', 'district'].entries()) await page.selectOption(`select[name="col-${i}"]`, field);
    await page.click('button.primary[value="try"]');

    const counts = async () => {
      await page.locator('.sum .badge.s-done').waitFor();
      const numbers = await page.locator('.counts .figure .value').allInnerTexts();
      const [created, updated, unchanged, rejected] = numbers.map(Number);
      return { created, updated, unchanged, rejected };
    };
    await page.locator('.steps [aria-current]', { hasText: /try|trial|dry/i }).waitFor();
    const tried = await counts();
    assert.equal(tried.created + tried.updated + tried.unchanged + tried.rejected, rows.length - 1, JSON.stringify(tried));
    assert.ok(tried.rejected >= 1 && tried.created >= 2, JSON.stringify(tried));
    assert.equal((await page.request.get('/o/town/cases/IM-1')).status(), 404, 'a dry run wrote something');

    await page.click('form.actions button.primary');
    await page.locator('.steps .past', { hasText: /try|trial|dry/i }).waitFor();
    const done = await counts();
    assert.deepEqual(done, tried, 'the import did something else than the dry run said');

    const reasons = await page.locator('.reasons tbody').innerText();
    assert.match(reasons, /no day/);
    assert.match(reasons, /Began/, 'a reason names its column');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[download]')]);
    const text = (await readFile(await download.path(), 'utf8')).replace(/^\ufeff/, '');
    const lines = text.trim().split(/\r?\n/);
    assert.equal(lines[0].split(',').slice(0, 4).join(), 'row,column,value,reason');
    assert.ok(lines.some((line) => line.startsWith('3,Began,no day,')), text);
    const rejected = new Set(lines.slice(1).filter((line) => line.endsWith('reject')).map((line) => line.split(',')[0]));
    assert.equal(rejected.size, done.rejected, text);

    await page.goto('/o/town/cases/IM-1');
    assert.match(await page.locator('h1').innerText(), /IM-1/);
    await page.goto('/o/town/imports');
    assert.match(await page.locator('#jobs').innerText(), /east list\.csv[\s\S]*finished/);
    assert.deepEqual(who.complaints.filter((c) => !/status of 404/.test(c)), []);
    await who.close();
  });
}
