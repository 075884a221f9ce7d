// Two people at one record.
import assert from 'node:assert/strict';
import { logIn, person } from '../browser.js';
import { enterCase } from './tracing.js';

export function together(stage, test) {
  test('who saves second is told what changed meanwhile, and nothing is overwritten', async () => {
    const first = await logIn(await person(stage.browser, stage.town.url), 'epi');
    const second = await logIn(await person(stage.browser, stage.town.url), 'epi2');
    await enterCase(first.page, 'QS-2', { onset: '2026-01-05' });
    const form = '/o/town/cases/QS-2?tab=investigation';
    await first.page.goto(form);
    await second.page.goto(form);
    await first.page.fill('#investigation-hospital', 'East hospital');
    await first.page.click('#investigation button.primary');
    await first.page.waitForURL((at) => at.searchParams.has('said'));

    await second.page.fill('#investigation-hospital', 'West hospital');
    await second.page.click('#investigation button.primary');
    const told = second.page.locator('.notice.conflict');
    await told.waitFor();
    assert.match(await told.locator('h2').innerText(), /epi\b/, 'it says who was first');
    const clash = await told.locator('tr.clash').innerText();
    assert.match(clash, /East hospital/);
    assert.match(clash, /West hospital/);
    assert.ok(await told.evaluate((e) => e === document.activeElement), 'focus is on what changed');
    assert.equal(await second.page.inputValue('#investigation-hospital'), 'West hospital', 'what was typed is still there');

    await first.page.goto(form);
    assert.equal(await first.page.inputValue('#investigation-hospital'), 'East hospital', 'the first one\'s work was overwritten');

    // Having seen it, the second may decide.
    await second.page.click('#investigation button.primary');
    await second.page.waitForURL((at) => at.searchParams.has('said'));
    await first.page.goto(form);
    assert.equal(await first.page.inputValue('#investigation-hospital'), 'West hospital');
    const unexpected = [...first.complaints, ...second.complaints].filter((c) => !/status of 409/.test(c));
    assert.deepEqual(unexpected, []);
    await first.close();
    await second.close();
  });
}
