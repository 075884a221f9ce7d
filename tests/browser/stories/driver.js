// A crew with a phone: a trip without network, one door at a time, with a signature, nobody home, and a hand-over at the place; all of it arrives once.
import assert from 'node:assert/strict';
import { person, phone } from '../browser.js';
import { faults } from '../checks.js';

const said = (page, what) => page.locator('.said', { hasText: what }).waitFor();

async function until(what, check, patience = 30000) {
  const end = Date.now() + patience;
  for (;;) {
    const out = await check();
    if (out) return out;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

export function driver(stage, test) {
  test('a trip without network: each door in its turn, one with nobody home; what was told arrives once', async () => {
    const desks = await stage.desks();
    const who = await person(stage.browser, desks.url, { lang: 'en', screen: phone });
    const { page } = who;
    await page.goto('/desk/#invite=' + desks.crew);
    await page.locator('section.stop').waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready);
    assert.equal(await page.locator('ol.stops li').count(), 4);
    assert.deepEqual(await faults(page, { lang: 'en', data: ['东区', '体育馆方舱', 'B-120', '车组 1'] }), []);
    await who.context.setOffline(true);
    await page.reload(); // it starts without network
    await page.locator('section.stop').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Hand over' }).count(), 0, 'nothing can be handed over before the trip has begun');
    await page.getByRole('button', { name: 'Set off' }).click();
    await said(page, 'The trip has begun');
    for (const door of [1, 2, 3]) {
      await page.getByRole('button', { name: 'Arrived' }).click();
      await said(page, 'Arrival told');
      if (door === 2) {
        await page.getByRole('button', { name: 'No one home' }).click();
        await page.locator('dialog').getByRole('button', { name: 'Nobody home' }).click();
        await said(page, 'No one home');
        continue;
      }
      await page.getByRole('button', { name: 'Hand over' }).click();
      const pad = await page.locator('canvas.pad').boundingBox();
      await page.mouse.move(pad.x + 20, pad.y + 20);
      await page.mouse.down();
      await page.mouse.move(pad.x + 120, pad.y + 60, { steps: 5 });
      await page.mouse.up();
      await page.locator('dialog').getByRole('button', { name: 'Hand over' }).click();
      await said(page, 'They are in the vehicle');
    }
    await page.getByRole('button', { name: 'Late', exact: true }).click();
    await page.locator('dialog').getByRole('button', { name: '10 minutes' }).click();
    await page.getByText('10 minutes late').waitFor();
    await page.getByRole('button', { name: 'Arrived' }).click();
    await page.getByRole('button', { name: 'Hand over' }).click();
    await page.fill('#sheet-who', 'desk 2');
    await page.fill('#sheet-code', '4711');
    await page.locator('dialog').getByRole('button', { name: 'Hand over' }).click();
    await said(page, 'handed over');
    await page.getByText('No trip is planned').waitFor();
    assert.deepEqual(await desks.moved(), { planned: 3 }, 'nothing has reached the server yet');
    await who.context.setOffline(false);
    await page.getByRole('button', { name: 'To send' }).click(); // it is sent by itself as soon as there is a network
    await until('all is sent', async () => /everything is sent/.test(await page.locator('.status').innerText()));
    assert.deepEqual(await desks.moved(), { arrived: 2, 'no-show': 1 });
    await who.close();
  }, 120000);
}
