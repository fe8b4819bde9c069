import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { RewritingProxy } from '../caches/rewriting-proxy.js';
import { startService, type TestService } from '../kit/service.js';
import { Mailbox } from '../passwords/mailbox.js';
import { startBrowser } from './real-browser.js';

const PASSWORD = 'seven quiet lighthouses';
const STEP_LIMIT_MS = 30_000;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SHOTS = process.env.SCREENSHOTS === 'on' ? new URL('../../docs/images/', import.meta.url).pathname : null;

interface Human {
  readonly page: Page;
  readonly username: string;
  readonly email: string;
  readonly said: string[];
}

describe('the account page, in Chromium', () => {
  let service: TestService;
  let proxy: RewritingProxy;
  let mailbox: Mailbox;
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let count = 0;
  let axe: string;

  beforeAll(async () => {
    proxy = await RewritingProxy.start();
    service = await startService('PostgreSQL and Redis', { RATE_LIMITS: 'off', PUBLIC_URL: proxy.url, LOGIN_POLICY_MAX: '2' }, 2);
    proxy.targets = service.instances.map(({ url }) => url);
    axe = await readFile(AXE, 'utf8');
    mailbox = new Mailbox(service);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await proxy?.stop();
    await service?.stop();
  });
  beforeEach(() => void (contexts = []));
  afterEach(() => Promise.all(contexts.map((context) => context.close())));

  /** A browser of one's own, and all that its console says. */
  const openBrowser = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; said: string[] }> => {
    const context = await browser.newContext({ viewport: { width: 1200, height: 850 }, locale: 'en-GB', ...options });
    contexts.push(context);
    context.setDefaultTimeout(STEP_LIMIT_MS);
    const page = await context.newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(`uncaught: ${error.message}`));
    return { page, said };
  };

  const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { name, level: 1 }).waitFor();
  const open = async (page: Page, view: string, title: string): Promise<void> => {
    await page.goto(`${proxy.url}/account${view}`);
    await heading(page, title);
  };

  const signUp = async (options?: Parameters<Browser['newContext']>[0]): Promise<Human> => {
    const { page, said } = await openBrowser(options);
    const username = `ada${++count}`;
    const email = `${username}@example.test`;
    await open(page, '/sign-up', 'Create your account');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Name', { exact: true }).fill('Ada Lovelace');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await heading(page, 'Picture');
    return { page, username, email, said };
  };

  const signIn = async (username: string, options?: Parameters<Browser['newContext']>[0]): Promise<Human> => {
    const { page, said } = await openBrowser(options);
    await open(page, '', 'Sign in');
    await page.getByLabel('Email or username').fill(username);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await heading(page, 'Profile');
    return { page, username, email: `${username}@example.test`, said };
  };

  const colourful = (background: { r: number; g: number; b: number }): Promise<Buffer> => sharp({ create: { width: 400, height: 300, channels: 3, background } }).png().toBuffer();

  const choose = (page: Page, buffer: Buffer, name = 'me.png'): Promise<void> => page.locator('input[name=picture]').setInputFiles({ name, mimeType: 'image/png', buffer });

  const upload = async (page: Page, picture: Buffer): Promise<void> => {
    await choose(page, picture);
    await page.getByRole('button', { name: 'Use this picture' }).click();
    await page.getByText('The new picture is shown everywhere.').waitFor();
  };

  /** The colour in the middle of the `index`th picture of the page. */
  const colourShown = (page: Page, index: number): Promise<number[]> =>
    page.locator('img.avatar').nth(index).evaluate(async (node) => {
      const image = node as unknown as { decode(): Promise<void>; naturalWidth: number };
      await image.decode();
      const scope = globalThis as unknown as { document: { createElement(name: string): any } }; // eslint-disable-line @typescript-eslint/no-explicit-any -- runs in the browser
      const context = Object.assign(scope.document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
      context.drawImage(image, image.naturalWidth / 2, image.naturalWidth / 2, 1, 1, 0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3) as number[];
    });

  const near = (found: readonly number[], wanted: { r: number; g: number; b: number }): boolean => [wanted.r, wanted.g, wanted.b].every((value, at) => Math.abs(value - found[at]!) < 12);

  const shoot = async (page: Page, name: string): Promise<void> => {
    if (SHOTS) await page.screenshot({ path: `${SHOTS}${name}.png` });
  };

  /** What axe finds, told by view; injected by the debugger's protocol, which the policy of the page does not bind. */
  const violations = async (page: Page): Promise<string[]> => {
    await page.evaluate(axe);
    const { violations: found } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()');
    return found.map(({ id, nodes }) => `${page.url()}: ${id} ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  };

  it('a newcomer signs up and changes the picture; it is new everywhere, after a reload, and in a second browser', async () => {
    const red = { r: 200, g: 40, b: 40 };
    const blue = { r: 30, g: 60, b: 200 };
    const { page, username, said } = await signUp();
    await upload(page, await colourful(red));
    const other = await signIn(username);
    expect(near(await colourShown(other.page, 0), red)).toBe(true);
    await upload(page, await colourful(blue));
    for (const index of [0, 1]) expect(near(await colourShown(page, index), blue)).toBe(true);
    await page.reload();
    await heading(page, 'Picture');
    expect(near(await colourShown(page, 0), blue)).toBe(true);
    await other.page.reload();
    await heading(other.page, 'Profile');
    for (const index of [0, 1]) expect(near(await colourShown(other.page, index), blue)).toBe(true);
    await shoot(other.page, 'account-profile');
    const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie])');
    expect(`${String(kept)} ${said.join(' ')}`).not.toMatch(/eyJ|lr_|likeness_refresh/);
    expect(said.filter((line) => /Content Security Policy|uncaught/.test(line))).toEqual([]);
  });

  it('a rename redraws the initials at once', async () => {
    const { page } = await signUp();
    await open(page, '', 'Profile');
    const before = await page.locator('.header img.avatar').getAttribute('src');
    await page.getByLabel('Name', { exact: true }).fill('Grace Hopper');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await page.locator('.header img.avatar').getAttribute('src')).not.toBe(before);
    await page.locator('.header').getByText('Grace Hopper').waitFor();
  });

  it('a file that is no picture is refused in words, and the old picture stands', async () => {
    const { page } = await signUp();
    await choose(page, Buffer.from('not a picture at all'));
    await page.getByRole('button', { name: 'Use this picture' }).click();
    await page.getByText(/not a picture, or it is broken|Pictures of this kind are not taken/).waitFor();
  });

  it('a device whose place another one took is told so', async () => {
    const { page, username } = await signUp();
    await signIn(username);
    await signIn(username);
    await page.reload();
    await page.getByText('because you signed in on another device').waitFor();
  });

  it('signing out in one tab signs out the other; two tabs that wake at once both go on', async () => {
    const { page } = await signUp();
    const second = await page.context().newPage();
    await Promise.all([page.reload(), open(second, '/devices', 'Devices')]);
    await heading(page, 'Picture');
    await second.getByText('this device').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await page.getByText('You are signed out.').waitFor();
    await heading(second, 'Sign in');
  });

  it('without a network it says so, and offers again', async () => {
    const { page } = await signUp();
    await page.context().setOffline(true);
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByText('You are offline. Nothing was changed.').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('this device').waitFor();
    await shoot(page, 'account-devices');
  });

  it('the links of mails work: an address is confirmed, and a forgotten password is replaced', async () => {
    const { page, email } = await signUp();
    await page.goto(`${proxy.url}/verify-email#token=${await mailbox.tokenTo(email)}`);
    await page.getByText('Your address is confirmed.').waitFor();
    expect(page.url()).not.toContain('token');
    const { page: elsewhere } = await openBrowser();
    await open(elsewhere, '/forgot-password', 'Forgotten password');
    await elsewhere.getByLabel('Email').fill(email);
    await elsewhere.getByRole('button', { name: 'Send the link' }).click();
    await elsewhere.getByText('a link is on its way').waitFor();
    await elsewhere.goto(`${proxy.url}/reset-password#token=${await mailbox.tokenTo(email, 2)}`);
    await elsewhere.getByLabel('New password').fill('eight quiet lighthouses');
    await elsewhere.getByRole('button', { name: 'Set the new password' }).click();
    await elsewhere.getByText('Sign in with the new one').waitFor();
    await page.goto(`${proxy.url}/account`);
    await page.getByText('This device was signed out').waitFor();
  });

  it('an admin finds a user, ends their sessions and disables them, and axe finds nothing there', async () => {
    const { page: signedIn, username } = await signUp();
    const { page } = await signIn('ada1');
    await page.getByRole('link', { name: 'Users' }).click();
    await heading(page, 'Users');
    await page.getByLabel('Search by name, username or email').fill(`${username}@`);
    await page.getByText(`@${username} ·`).waitFor();
    await page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
    const found = await violations(page);
    await shoot(page, 'account-users');
    await page.locator('.row-target').click();
    await heading(page, 'Ada Lovelace');
    await page.getByRole('button', { name: 'Sign out on Web' }).waitFor();
    found.push(...(await violations(page)));
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Nowhere at the moment.').waitFor();
    await signedIn.reload();
    await signedIn.getByText('This device was signed out').waitFor();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('This user may not sign in.').waitFor();
    await page.getByRole('link', { name: 'Audit log', exact: true }).click();
    await page.getByText('Account disabled').nth(1).waitFor();
    expect([...found, ...(await violations(page))]).toEqual([]);
  });

  it('a key is shown once, and revoked', async () => {
    const { page } = await signUp();
    await open(page, '/keys', 'API keys');
    await page.getByRole('button', { name: 'Create a key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('nightly export');
    await dialog.getByRole('button', { name: 'Create a key' }).click();
    expect(await page.getByLabel('The key').inputValue()).toMatch(/^lk_/);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('button', { name: 'Revoke nightly export' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('You have no keys.').waitFor();
  });

  it('an account is deleted with its password', async () => {
    const { page } = await signUp();
    await open(page, '/data', 'Your data');
    await page.getByRole('button', { name: 'Delete my account' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Current password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Delete my account' }).click();
    await page.getByText('Your account is deleted.').waitFor();
  });

  it.each(['light', 'dark'] as const)('axe finds nothing on any view, %s', async (colorScheme) => {
    const { page } = await signUp({ colorScheme });
    const found: string[] = [];
    await choose(page, await colourful({ r: 90, g: 140, b: 90 }));
    await page.getByLabel('Zoom').waitFor();
    found.push(...(await violations(page)));
    await shoot(page, `account-picture-${colorScheme}`);
    for (const [view, title] of [['', 'Profile'], ['/picture', 'Picture'], ['/password', 'Password'], ['/devices', 'Devices'], ['/keys', 'API keys'], ['/data', 'Your data'], ['/nothing', 'There is nothing here']] as const) {
      await open(page, view, title);
      await page.locator('.placeholder').first().waitFor({ state: 'detached' });
      found.push(...(await violations(page)));
    }
    const { page: stranger } = await openBrowser({ colorScheme });
    for (const [view, title] of [['', 'Sign in'], ['/sign-up', 'Create your account'], ['/forgot-password', 'Forgotten password'], ['/reset-password', 'New password'], ['/verify-email', 'Your email address']] as const) {
      await open(stranger, view, title);
      found.push(...(await violations(stranger)));
    }
    expect(found).toEqual([]);
  });
});
