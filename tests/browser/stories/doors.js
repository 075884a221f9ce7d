// Logging in, and what guards every page.
import assert from 'node:assert/strict';
import { logIn, person, phone } from '../browser.js';
import { faults } from '../checks.js';
import { password } from '../server.js';

export function doors(stage, test) {
  test('a wrong password is told, and says not which of the two was wrong', async () => {
    const { page, close } = await person(stage.browser, stage.town.url);
    await page.goto('/o/town/tasks');
    assert.equal(new URL(page.url()).pathname, '/login', 'without a session one lands at the log-in');
    const said = [];
    for (const name of ['epi', 'nobody']) {
      await page.fill('#login-name', name);
      await page.fill('#login-password', 'not this one');
      await page.click('#login button.primary');
      const error = page.locator('.notice.error');
      await error.waitFor();
      said.push(await error.innerText());
      assert.equal(await page.inputValue('#login-name'), name, 'the name is kept');
      assert.equal(await page.inputValue('#login-password'), '', 'the password is not');
      assert.ok(await error.evaluate((e) => e === document.activeElement), 'focus is on what went wrong');
    }
    assert.equal(said[0], said[1]);
    await page.fill('#login-name', 'epi');
    await page.fill('#login-password', password);
    await page.click('#login button.primary');
    await page.waitForURL('**/o/town/tasks');
    await close();
  });

  test('the keyboard is enough: log in, jump over the frame, find a case, log out', async () => {
    const who = await person(stage.browser, stage.town.url);
    const { page, complaints } = who;
    const keys = page.keyboard;
    const focused = () => page.evaluate(() => {
      const at = document.activeElement;
      const style = getComputedStyle(at);
      return { what: at.id || at.className || at.tagName, ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, box: at.getBoundingClientRect().top >= 0 };
    });
    await page.goto('/login');
    assert.equal((await focused()).what, 'login-name', 'one can type at once');
    await keys.type('epi');
    await keys.press('Tab');
    assert.equal((await focused()).what, 'login-password');
    await keys.type(password);
    await keys.press('Tab');
    const submit = await focused();
    assert.equal(submit.what, 'primary');
    assert.ok(submit.ring, 'the button under the keyboard is marked');
    await keys.press('Enter');
    await page.waitForURL('**/o/town/**');

    await keys.press('Tab');
    const skip = await focused();
    assert.deepEqual([skip.what, skip.box], ['skip', true], 'the first stop leads to the content, in sight');
    await keys.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'main');

    // Once around: every stop is marked, in sight or scrolled to, and in the order of the page.
    await page.goto('/o/town/cases/new');
    await page.evaluate(() => { document.activeElement.blur(); window.getSelection()?.removeAllRanges(); });
    const stops = [];
    for (let i = 0; i < 100; i++) {
      await keys.press('Tab');
      const stop = await page.evaluate(() => {
        const at = document.activeElement;
        if (at === document.body) return null;
        const style = getComputedStyle(at);
        const all = [...document.querySelectorAll('*')];
        return { name: at.id || at.textContent.trim().slice(0, 20), ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1, order: all.indexOf(at) };
      });
      if (!stop || stops[0]?.order === stop.order) break;
      if (stops.at(-1)?.order === stop.order) continue; // a date has a stop for each of its parts
      stops.push(stop);
    }
    assert.ok(stops.length > 20, `only ${stops.length} stops`);
    assert.deepEqual(stops.filter((s) => !s.ring), [], 'stops without a mark');
    assert.deepEqual(stops.map((s) => s.order), stops.map((s) => s.order).sort((a, b) => a - b), 'stops out of the order of the page');
    for (const name of ['new-code', 'new-class', 'new-onset']) assert.ok(stops.some((s) => s.name === name), `${name} is not reached`);

    await keys.press('Control+k');
    await page.waitForFunction(() => document.activeElement?.id === 'search-q');
    await keys.press('Escape');
    await page.waitForFunction(() => !document.getElementById('search').open);
    await page.locator('.me > summary').focus();
    await keys.press('Enter');
    await keys.press('Tab');
    await page.locator('.me .menu button').focus();
    await keys.press('Enter');
    await page.waitForURL('**/login?out');
    assert.deepEqual(complaints, []);
    await who.close();
  });

  test('a page of another site can neither frame a page, nor post, nor take the session', async () => {
    const who = await logIn(await person(stage.browser, stage.town.url), 'epi');
    const { context, page } = who;
    const answer = await page.goto('/o/town/cases');
    const headers = answer.headers();
    const policy = headers['content-security-policy'];
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]) assert.ok(policy.includes(part), `${part} in ${policy}`);
    assert.ok(!policy.includes('unsafe'), policy);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(headers['cache-control'], /no-store/);
    for (const cookie of await context.cookies()) assert.ok(cookie.httpOnly && cookie.sameSite !== 'None', `${cookie.name} is open to scripts or other sites`);

    // The same machine under another name is another site to the browser.
    const other = await context.newPage();
    await other.route('http://elsewhere.test/', (route) => route.fulfill({ contentType: 'text/html', body: `<form method="post" action="${stage.town.url}/o/town/cases"><input name="code" value="FORGED"><input name="class" value="suspected"><button>go</button></form>` }));
    await other.goto('http://elsewhere.test/');
    const [refused] = await Promise.all([other.waitForResponse((r) => r.request().method() === 'POST'), other.click('button')]);
    assert.ok([401, 403].includes(refused.status()), `a forged post was answered ${refused.status()}`);
    assert.equal((await page.goto('/o/town/cases/FORGED')).status(), 404);
    await who.close();
  });

  test('a new outbreak tells what to do next, on every page, in both languages', async () => {
    // Before any story has written: these are the first.
    for (const lang of ['en', 'zh']) {
      const epi = await logIn(await person(stage.browser, stage.town.url, { lang }), 'epi', { lang });
      for (const path of ['now', 'tasks', 'cases', 'contacts', 'chains', 'imports']) {
        await epi.page.goto(`/o/town/${path}`);
        assert.ok(await epi.page.locator('main .empty h3').count(), `${path} is empty and says nothing of it`);
        await epi.page.setViewportSize(phone);
        assert.deepEqual(await faults(epi.page, { lang }), [], `${path}, ${lang}`);
      }
      await epi.close();
    }
  });
}
