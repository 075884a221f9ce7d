// The public site, as somebody with a cheap phone meets it: no scripts, little network, in both languages.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { desktop, person, phone } from '../browser.js';
import { faults } from '../checks.js';

// Names of places are data.
const data = ['English', '青山市', '东区', '水集街道十二号点', '水集-12', '第四轮', 'Qingshan', 'East', 'K7Q2M-4XD9R', 'PCR'];

export function publicSite(stage, test) {
  test('my result, my turn and a self-test, with scripts off', async () => {
    const { url, people } = await stage.desks();
    const context = await stage.browser.newContext({ baseURL: url, viewport: phone, hasTouch: true, isMobile: true, locale: 'zh-CN', javaScriptEnabled: false });
    context.setDefaultTimeout(15000);
    const page = await context.newPage();
    let bytes = 0;
    const kinds = new Set();
    page.on('response', async (r) => {
      kinds.add(r.request().resourceType());
      bytes += (await r.body().catch(() => Buffer.alloc(0))).length;
    });
    await page.goto('/public/');
    assert.equal(new URL(page.url()).pathname, '/public/zh/', 'a Chinese phone is sent to the Chinese page');
    assert.ok(bytes < 60000, `the first page takes ${bytes} bytes unpacked`);
    assert.deepEqual([...kinds].filter((k) => !['document', 'stylesheet', 'image', 'other'].includes(k)), [], 'nothing but a page, its style and its icon');

    const told = async (code) => {
      await page.goto('/public/en/');
      await page.fill('#ask-code', code);
      await page.click('#ask button.primary');
      assert.ok(!page.url().includes(code), 'the code is not in the address');
      return page.locator('main h1').innerText();
    };
    assert.equal(await told(people.at(-1).code.toLowerCase()), 'No sample is known');
    assert.match(await told('AAAAA-AAAAA'), /^No card has this code/);

    await page.goto('/public/zh/areas');
    await page.getByRole('link', { name: /东区/ }).click();
    const area = await page.locator('main').innerText();
    for (const word of ['第四轮', '正在进行', '水集街道十二号点', '4 个采样通道']) assert.ok(area.includes(word), `${word} is on the page of the area: ${area}`);
    await page.getByRole('link', { name: 'English' }).click();
    assert.match(await page.locator('main').innerText(), /at any site, at any time until then/);

    await page.goto('/public/en/self-test');
    await page.click('#selftest button.primary'); // the browser itself asks for the result first
    await page.check('input[value=positive]');
    await page.click('#selftest button.primary');
    assert.match(await page.locator('.notice.error').innerText(), /Give the code/);
    assert.ok(await page.isChecked('input[value=positive]'), 'what was chosen is kept');
    await page.fill('#selftest-code', people.at(-2).code);
    await page.click('#selftest button.primary');
    assert.match(await page.locator('main').innerText(), /A PCR is being arranged/);
    await context.close();
  });

  for (const as of [{ lang: 'en', theme: 'light' }, { lang: 'zh', theme: 'dark' }]) {
    test(`its pages, ${as.lang}`, async () => {
      const { url, people } = await stage.desks();
      const who = await person(stage.browser, url, as);
      await who.page.emulateMedia({ colorScheme: as.theme });
      const shots = process.env.FIREBREAK_SHOTS;
      if (shots) mkdirSync(shots, { recursive: true });
      const look = async (name) => {
        for (const [on, screen] of Object.entries({ desk: desktop, phone })) {
          await who.page.setViewportSize(screen);
          assert.deepEqual(await faults(who.page, { ...as, data }), [], `${name}, ${on}`);
          if (shots) await who.page.screenshot({ path: `${shots}/${name}.${as.lang}.${on}.png`, fullPage: true });
        }
      };
      for (const [name, path] of Object.entries({ home: '/', areas: '/areas', area: '/areas/9001', selftest: '/self-test' })) {
        await who.page.goto(`/public/${as.lang}${path}`);
        await look(name);
      }
      await who.page.check('input[value=negative]');
      await who.page.fill('#selftest-code', people[2].code);
      await who.page.click('#selftest button.primary');
      await look('reported');
      await who.page.goto(`/public/${as.lang}/`);
      await who.page.fill('#ask-code', people[0].code);
      await who.page.click('#ask button.primary');
      await look('result');
      assert.deepEqual(who.complaints, []);
      await who.close();
    });
  }
}
