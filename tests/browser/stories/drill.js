// A drill in which somebody plays the staff of the isolation sites, and somebody else holds the clock.
import assert from 'node:assert/strict';
import { logIn, person } from '../browser.js';

async function until(what, check, patience = 240000) {
  const end = Date.now() + patience;
  for (;;) {
    const out = await check();
    if (out) return out;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export function drill(stage, test) {
  test('a drill is paused and goes on; what its isolation sites have to do waits for the person who plays their staff', async () => {
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

    const staff = await logIn(await person(stage.browser, url), 'isolation-staff');
    const open = async () => {
      const answer = await staff.context.request.get('/api/outbreaks/small/tasks?state=open&kind=check_contact&limit=1000', { headers: { 'Firebreak-Purpose': 'isolation' } });
      assert.equal(answer.status(), 200, await answer.text());
      return (await answer.json()).items.map((task) => task.id);
    };
    await step(60);
    const waiting = await open();
    assert.ok(waiting.length > 0, 'nobody at a site is to be seen today');
    await step(720); // the made-up staff sees everybody by eight in the evening
    const still = await open();
    // Some end otherwise: a check that is not made by noon is missed, and who is let go is seen no more.
    for (const id of waiting.filter((x) => !still.includes(x))) {
      const answer = await staff.context.request.get(`/api/tasks/${id}`, { headers: { 'Firebreak-Purpose': 'isolation' } });
      assert.notEqual((await answer.json()).state, 'done', 'the made-up staff has done what waits for the person');
    }
    assert.ok(still.length > 0, 'nothing waits for the person');
    assert.equal(await staff.page.locator('section.drill button').count(), 0, 'whoever does not control the drill is offered its clock');

    await staff.page.goto('/o/small/followup');
    const visit = staff.page.locator('.visit:not(.s-done)').first();
    const id = await visit.getAttribute('id');
    await visit.locator('button[value="well"]').click();
    await staff.page.locator(`#${id}.s-done`).waitFor();
    const task = await staff.context.request.get(`/api/tasks/${id.replace('visit-', '')}`, { headers: { 'Firebreak-Purpose': 'isolation' } });
    assert.equal((await task.json()).state, 'done');
    // The scenario kills its server at 11:20 for a quarter of an hour, which open pages notice; nothing else may go wrong.
    const killed = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|Failed to fetch|htmx:sendError|htmx:afterRequest|\[object Event\]/;
    assert.deepEqual([...control.complaints, ...staff.complaints].filter((text) => !killed.test(text)), []);
    await control.close();
    await staff.close();
  }, 400000);
}
