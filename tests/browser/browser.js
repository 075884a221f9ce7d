// One Chromium, and in it a person for each context: who logs in, in which language, on what device.
// Whatever a page complains of in its console is kept, so that a test can fail on it.
import { chromium } from 'playwright-core';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { password } from './server.js';

/** Screens that people work on. */
export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };

function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(dir, 'chromium'), constants.X_OK);
      return join(dir, 'chromium');
    } catch { /* not here */ }
  }
  throw new Error('no chromium on the PATH; set CHROMIUM to a browser');
}

/** Starts the browser. It is told to ask nobody for anything. */
export function launch() {
  return chromium.launch({
    executablePath: executable(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
}

/**
 * A person before a browser of their own.
 * @param {{lang?: 'en' | 'zh', theme?: 'light' | 'dark', screen?: {width: number, height: number}}} [as]
 */
export async function person(browser, url, { lang = 'en', theme = 'light', screen = desktop } = {}) {
  const context = await browser.newContext({
    baseURL: url, viewport: screen, hasTouch: screen === phone, isMobile: screen === phone,
    locale: lang === 'zh' ? 'zh-CN' : 'en-GB', timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce',
  });
  await context.addCookies([{ name: 'firebreak-look', value: `lang=${lang}&theme=${theme}`, url }]);
  context.setDefaultTimeout(15000);
  const complaints = [];
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.page()?.url()}: ${message.text()}`);
  });
  context.on('weberror', (error) => complaints.push(`${error.page()?.url()}: ${error.error().stack}`));
  context.on('requestfailed', (request) => {
    // A page that is left ends its own requests, and a download is one that ends in no page.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  return { context, complaints, page: await context.newPage(), close: () => context.close() };
}

/** Logs somebody in and takes the language and colours that the browser asked for. */
export async function logIn(who, login, { lang = 'en', theme = 'light' } = {}) {
  const { page, context } = who;
  await page.goto('/login');
  await page.fill('#login-name', login);
  await page.fill('#login-password', password);
  await page.click('#login button.primary');
  await page.waitForURL((at) => at.pathname !== '/login');
  // The account's own language counts after log-in.
  const answer = await context.request.post('/preferences', { form: { lang, theme, back: '/' }, headers: { 'Sec-Fetch-Site': 'same-origin' }, maxRedirects: 0 });
  if (answer.status() !== 303) throw new Error(`language ${lang} and theme ${theme} of ${login}: ${answer.status()}`);
  return who;
}
