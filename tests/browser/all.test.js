// The screens as people meet them. One server with nothing in it, for what people do; one with the demo's city, for what they read. The city
// is built while the stories of the first are told.
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.js';
import { build, remove, startDemo, startDrill, startTown, workspace } from './server.js';
import { desk, deskCodes } from './stories/desk.js';
import { doors } from './stories/doors.js';
import { drill } from './stories/drill.js';
import { everyPage } from './stories/every_page.js';
import { driver } from './stories/driver.js';
import { followUp } from './stories/follow_up.js';
import { imports } from './stories/imports.js';
import { publicSite } from './stories/public.js';
import { tracing } from './stories/tracing.js';
import { together } from './stories/together.js';
import { startDesks } from './town_desk.js';

/**
 * What the stories share. town, demo and desks are servers; the last two are waited for by who needs them.
 * @typedef {{browser: import('playwright-core').Browser, town: {url: string}, demo: () => Promise<{url: string}>, desks: () => ReturnType<typeof startDesks>, drill: () => Promise<{url: string}>}} Stage
 */
const stage = {};
let dir, town, demo, desks, played;

before(async () => {
  dir = await workspace();
  const [binary, browser] = await Promise.all([build(dir), launch()]);
  stage.browser = browser;
  demo = startDemo(binary, dir);
  demo.catch(() => {}); // told where it is waited for
  stage.demo = () => demo;
  stage.desks = () => (desks ??= startDesks(binary, dir, { desks: 14, people: 540 }));
  stage.drill = () => (played ??= startDrill(binary, dir));
  stage.town = town = await startTown(binary, dir);
}, { timeout: 300000 });

after(async () => {
  await stage.browser?.close();
  await Promise.allSettled([town?.stop(), demo?.then((server) => server.stop()), desks?.then((server) => server.stop()), played?.then((server) => server.stop())]);
  await remove(dir);
});

for (const [name, stories] of Object.entries({ doors, tracing, together, imports, followUp, deskCodes, desk, driver, drill, publicSite, everyPage })) {
  describe(name, { timeout: 600000 }, () => stories(stage, (what, tell, timeout = 60000) => test(what, { timeout }, tell)));
}
