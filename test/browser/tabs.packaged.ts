import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startService, type TestService } from '../kit/service.js';
import { PageOrigin } from './page-origin.js';
import { startBrowser } from './real-browser.js';

const TAB_COUNT = 3;

describe('the TypeScript client in the tabs of Chromium', () => {
  let service: TestService;
  let origin: PageOrigin;
  let browser: Browser;
  let context: BrowserContext;
  const tabs: Page[] = [];

  beforeAll(async () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build-clients.mjs'], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    if (status !== 0) throw new Error(stderr);
    origin = await PageOrigin.start();
    service = await startService('PostgreSQL and Redis', { RATE_LIMITS: 'off', ALLOWED_ORIGINS: origin.url, ACCESS_TOKEN_TTL_SECONDS: '6' });
    origin.service = service.api.url;
    browser = await startBrowser();
    context = await browser.newContext();
    for (let count = 0; count < TAB_COUNT; count++) {
      const tab = await context.newPage();
      await tab.goto(origin.url);
      await tab.waitForFunction('window.likeness !== undefined');
      tabs.push(tab);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([service?.stop(), origin?.stop()]);
  });

  const refreshes = (): number => origin.asked.filter((asked) => asked === 'POST /v1/auth/refresh').length;
  const inAll = <T>(expression: string): Promise<T[]> => Promise.all(tabs.map((tab) => tab.evaluate<T>(expression)));

  it('finds out without an error in the console that nobody is signed in', async () => {
    const page = await context.newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    await page.goto(origin.url);
    await page.waitForFunction('window.likeness !== undefined');
    expect([await page.evaluate('likeness.session.resume()'), await page.evaluate('window.reasons'), said]).toEqual([false, [], []]);
    await page.close();
  });

  it('signs in once for all of them, with the refresh token out of reach of scripts', async () => {
    const registered = await tabs[0]!.evaluate<number>(`likeness.register({ email: 'ada@example.test', username: 'ada', password: 'correct horse battery', platform: 'web' }).then(({ response }) => response.status)`);
    expect(registered).toBe(201);
    for (const tab of tabs) await tab.waitForFunction('likeness.session.current !== null');
    const cookies = await context.cookies(origin.url);
    expect(cookies.map(({ name, httpOnly, secure, sameSite }) => [name, httpOnly, secure, sameSite])).toEqual([['__Host-likeness_refresh', true, true, 'Strict']]);
    expect([await tabs[1]!.evaluate('document.cookie'), await tabs[1]!.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')]).toEqual(['', '{}']);
  });

  it('refreshes once, whichever tab needs it', async () => {
    const token = (await tabs[0]!.evaluate<string>('likeness.session.accessToken()'));
    while ((await service.api.get('/v1/users/me', { token })).status !== 401) await new Promise((resolve) => setTimeout(resolve, 50));
    const before = refreshes();
    const answers = await inAll<number[]>(`Promise.all(Array.from({ length: 8 }, () => likeness.api.GET('/v1/users/me').then(({ response }) => response.status)))`);
    expect(answers.flat()).toEqual(Array(8 * TAB_COUNT).fill(200));
    expect(refreshes() - before).toBe(1);
  });

  it('goes on after the page is loaded anew', async () => {
    await tabs[1]!.reload();
    await tabs[1]!.waitForFunction('window.likeness !== undefined');
    expect(await tabs[1]!.evaluate(`likeness.api.GET('/v1/users/me').then(({ data }) => data.username)`)).toBe('ada');
  });

  it('tells how much of a picture has left', async () => {
    const told = await tabs[0]!.evaluate<{ kind: string; sent: number[] }>(`(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 600, height: 600 });
      const picture = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
      const sent = [];
      const { data } = await likeness.uploadAvatar(picture, { onProgress: ({ sentBytes, totalBytes }) => sent.push(sentBytes / totalBytes) });
      return { kind: data.kind, sent };
    })()`);
    expect([told.kind, told.sent.at(-1)]).toEqual(['uploaded', 1]);
  });

  it('signs out everywhere', async () => {
    expect(await tabs[2]!.evaluate('likeness.signOut().then(({ response }) => response.status)')).toBe(204);
    for (const tab of tabs) await tab.waitForFunction('window.reasons.length > 0');
    expect(await inAll('window.reasons')).toEqual(Array(TAB_COUNT).fill(['auth.session_ended']));
    expect(await context.cookies(origin.url)).toEqual([]);
  });
});
