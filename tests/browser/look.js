// Pictures of every page for a person to look at: node look.js [NAME...] writes them to shots/. No test.
//   FIREBREAK_DEMO=URL   a demo that runs already
import { mkdirSync } from 'node:fs';
import { desktop, launch, logIn, person, phone } from './browser.js';
import { open, pages } from './pages.js';
import { build, remove, startDemo, workspace } from './server.js';

const wanted = process.argv.slice(2);
const longest = 2200; // px of a page: more cannot be read in a picture
const looks = [ // how each page is looked at
  { lang: 'en', theme: 'light', screen: desktop, as: 'en' },
  { lang: 'zh', theme: 'dark', screen: desktop, as: 'zh-dark' },
  { lang: 'en', theme: 'light', screen: phone, as: 'phone-en' },
  { lang: 'zh', theme: 'light', screen: phone, as: 'phone-zh' },
];
mkdirSync('shots', { recursive: true });
const dir = await workspace();
const demo = process.env.FIREBREAK_DEMO ? { url: process.env.FIREBREAK_DEMO, stop: async () => {} } : await startDemo(await build(dir), dir);
const browser = await launch();
for (const look of looks) {
  const people = new Map();
  for (const entry of pages) {
    if (wanted.length && !wanted.includes(entry.name)) continue;
    if (!people.has(entry.role)) people.set(entry.role, await logIn(await person(browser, demo.url, look), entry.role, look));
    const { page } = people.get(entry.role);
    await open(page, entry, 'laixi-demo', look.lang);
    await page.waitForTimeout(700); // drawings
    await page.screenshot({ path: `shots/${entry.name.replaceAll(', ', '-').replaceAll(' ', '_')}.${look.as}.png`, fullPage: true, clip: await page.evaluate((most) => ({ x: 0, y: 0, width: innerWidth, height: Math.min(document.documentElement.scrollHeight, most) }), longest) });
  }
  for (const who of people.values()) await who.close();
}
await browser.close();
await demo.stop();
await remove(dir);
