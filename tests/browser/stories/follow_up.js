// The list of the day's visits, on a phone in somebody's hand.
import assert from 'node:assert/strict';
import { logIn, person, phone } from '../browser.js';

export function followUp(stage, test) {
  test('visits are answered with a thumb', async () => {
    const { url } = await stage.demo();
    const who = await logIn(await person(stage.browser, url, { screen: phone }), 'follow-up-officer');
    const { page } = who;
    await page.goto('/o/laixi-demo/followup');
    const visit = page.locator('.visit:not(.s-done)').first();
    const id = await visit.getAttribute('id');
    for (const button of await visit.locator('button').all()) {
      const box = await button.boundingBox();
      assert.ok(box.height >= 44 && box.width >= 44, `a button of ${box.width} × ${box.height} px`);
      assert.ok(box.x >= 0 && box.x + box.width <= phone.width, 'a button is beside the screen');
    }
    await visit.locator('button[value="well"]').tap();
    await page.locator(`#${id}.s-done`).waitFor();
    assert.match(await page.locator(`#${id}`).innerText(), /No symptoms/i);
    await page.reload();
    assert.equal(await page.locator(`#${id}:not(.s-done)`).count(), 0, 'an answered visit is asked for again');
    await page.locator('.screens summary').tap();
    await page.locator('.screens a[href$="/tasks"]').tap();
    await page.waitForURL('**/tasks**');
    assert.deepEqual(who.complaints, []);
    await who.close();
  });
}
