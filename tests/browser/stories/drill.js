// A drill in which somebody plays the transfer desk, and somebody else holds the clock.
import assert from 'node:assert/strict';
import { logIn, person } from '../browser.js';

async function until(what, check, patience = 120000) {
  const end = Date.now() + patience;
  for (;;) {
    const out = await check();
    if (out) return out;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export function drill(stage, test) {
  test('a drill is paused and goes on; its transfer desk waits for the person who plays it', async () => {
    const { url } = await stage.drill();
    const control = await logIn(await person(stage.browser, url), 'duty-officer');
    const bar = control.page.locator('section.drill');
    const face = bar.locator('[data-drill-face]');
    const at = async () => Number(await face.getAttribute('data-at'));
    await bar.waitFor();
    assert.match(await bar.innerText(), /DRILL\..*Day 1/s);

    await bar.locator('button[value="pause"]').click();
    await control.page.locator('[data-drill-face][data-state="paused"]').waitFor();
    const stood = await at();
    await control.page.waitForTimeout(5000); // the bar has asked twice meanwhile
    assert.equal(await at(), stood, 'a paused clock moves');
    assert.ok(await bar.locator('button[value="pause"]').isHidden());
    await bar.locator('button[value="go-on"]').click();
    await control.page.locator('[data-drill-face][data-state="running"]').waitFor();
    await until('the clock moves', async () => (await at()) > stood);
    // From here on the clock goes by steps alone, however fast the machine is.
    await bar.locator('button[value="pause"]').click();
    await control.page.locator('[data-drill-face][data-state="paused"]').waitFor();
    const step = async (minutes) => {
      const from = await at();
      await bar.locator('summary').click();
      await bar.locator(`button[name="minutes"][value="${minutes}"]`).click();
      await until(`${minutes} minutes pass`, async () => (await at()) >= from + minutes * 60000);
    };

    const desk = await logIn(await person(stage.browser, url), 'transfer-dispatcher');
    const transfers = async () => {
      const answer = await desk.context.request.get('/api/outbreaks/small/transfers', { headers: { 'Firebreak-Purpose': 'transfer' } });
      assert.equal(answer.status(), 200, await answer.text());
      return (await answer.json()).items;
    };
    const open = async () => (await transfers()).filter((x) => x.state === 'open').map((x) => x.id);
    const waiting = await until('somebody is to be moved', async () => {
      await step(60);
      const list = await open();
      return list.length > 0 && list;
    });
    await step(60);
    const still = await open();
    assert.deepEqual(waiting.filter((id) => !still.includes(id)), [], 'the made-up desk planned what waits for the person');
    assert.equal(await desk.page.locator('section.drill button').count(), 0, 'whoever does not control the drill is offered its clock');

    await desk.page.goto('/o/small/transfers');
    await desk.page.locator('form[action$="/transfers/plan"] button').first().click();
    await until('the plan is made', async () => {
      const left = await open();
      return waiting.every((id) => !left.includes(id));
    });
    await step(180);
    await until('the drivers have brought whom the person planned', async () => {
      const left = (await transfers()).map((x) => x.id);
      return waiting.some((id) => !left.includes(id));
    });
    assert.deepEqual([...control.complaints, ...desk.complaints], []);
    await control.close();
    await desk.close();
  }, 400000);
}
