// The screens as people meet them. One server with nothing in it, for what people do; one with the demo's city, for what they read. The city
// is built while the stories of the first are told.
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.js';
import { build, remove, startDemo, startTown, workspace } from './server.js';
import { doors } from './stories/doors.js';
import { everyPage } from './stories/every_page.js';
import { followUp } from './stories/follow_up.js';
import { imports } from './stories/imports.js';
import { tracing } from './stories/tracing.js';
import { together } from './stories/together.js';

/**
 * What the stories share. town and demo are servers; the second is waited for by who needs it.
 * @typedef {{browser: import('playwright-core').Browser, town: {url: string}, demo: () => Promise<{url: string}>}} Stage
 */
const stage = {};
let dir, town, demo;

before(async () => {
  dir = await workspace();
  const [binary, browser] = await Promise.all([build(dir), launch()]);
  stage.browser = browser;
  demo = startDemo(binary, dir);
  demo.catch(() => {}); // told where it is waited for
  stage.demo = () => demo;
  stage.town = town = await startTown(binary, dir);
}, { timeout: 300000 });

after(async () => {
  await stage.browser?.close();
  await Promise.allSettled([town?.stop(), demo?.then((server) => server.stop())]);
  await remove(dir);
});

for (const [name, stories] of Object.entries({ doors, tracing, together, imports, followUp, everyPage })) {
  describe(name, { timeout: 300000 }, () => stories(stage, (what, tell) => test(what, { timeout: 60000 }, tell)));
}
