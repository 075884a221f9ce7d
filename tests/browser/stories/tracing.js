// One case, one contact, one task: from the investigator's desk to the screen on the wall.
import assert from 'node:assert/strict';
import { logIn, person } from '../browser.js';

/** The day, counted where the town is. */
export function day(back = 0) { return new Date(Date.now() + 8 * 3600e3 - back * 86400e3).toISOString().slice(0, 10); }

/** Enters a case on the screen and leaves the page on it. */
export async function enterCase(page, code, more = {}) {
  await page.goto('/o/town/cases/new');
  await page.fill('#new-code', code);
  await page.selectOption('#new-class', 'confirmed');
  for (const [name, value] of Object.entries(more)) await page.fill(`#new-${name}`, value);
  await page.click('#new button.primary');
  await page.waitForURL(`**/o/town/cases/${code}?**`);
}

export function tracing(stage, test) {
  test('a contact is listed, the task appears, it is done, and the wall shows it without being loaded again', async () => {
    const epi = await logIn(await person(stage.browser, stage.town.url), 'epi');
    const { page } = epi;
    await enterCase(page, 'QS-1');

    const duty = await logIn(await person(stage.browser, stage.town.url), 'duty');
    const wall = duty.page;
    await wall.goto('/o/town/now');
    await wall.locator('[data-live-state].on').waitFor();
    await wall.evaluate(() => { window.loadedOnce = true; });
    const traced = wall.locator('article[aria-labelledby="duty-traced"]');
    assert.match(await traced.innerText(), /Nothing due yet/);

    await page.click('.tabs a:has-text("Contacts")');
    await page.fill('#add-contact-last_exposed', day(1));
    await page.selectOption('#add-contact-tier', 'close');
    await page.selectOption('#add-contact-area', '9001');
    await page.fill('#add-contact-code', 'QS-1-C1');
    await page.click('#add button.primary');
    await page.locator('.data a.code:has-text("QS-1-C1")').click();
    await page.waitForURL('**/contacts/QS-1-C1**');
    const task = page.locator('tr', { hasText: 'Reach the contact' });
    assert.match(await task.innerText(), /in \d+ h|in \d+ min/, 'the task says until when');

    await traced.locator('.count', { hasText: '0 of 1' }).waitFor();
    await wall.locator('#events', { hasText: 'QS-1-C1' }).waitFor();

    await task.locator('a').first().click();
    await page.waitForURL('**/tasks/*');
    assert.match(await page.locator('.chain-why').innerText(), /QS-1-C1/, 'the task says because of what it is there');
    await page.click('[aria-labelledby="do"] button.primary');
    await page.locator('.badge.s-done').first().waitFor();

    await traced.locator('.count', { hasText: '1 of 1' }).waitFor();
    assert.match(await traced.innerText(), /100\.0 %/);
    assert.equal(await wall.evaluate(() => window.loadedOnce), true, 'the wall was loaded again');
    assert.deepEqual([...epi.complaints, ...duty.complaints], []);
    await epi.close();
    await duty.close();
  });
}
