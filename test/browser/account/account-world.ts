import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Api } from '../../kit/api.js';
import { freePort } from '../../kit/free-port.mjs';
import { startService, type TestService } from '../../kit/service.js';
import { Mailbox } from '../../passwords/mailbox.js';
import { RollingNginx } from '../../rolling/rolling-nginx.js';
import { startBrowser } from '../real-browser.js';

export const PASSWORD = 'seven quiet lighthouses';
const STEP_LIMIT_MS = 30_000;
const INSTANCES = 3;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** SCREENSHOTS=on renews the committed pictures (documentation.flows.ts); a folder in its place is given every view instead. */
const { SCREENSHOTS } = process.env;
export const SHOTS = SCREENSHOTS === 'on' ? new URL('../../../docs/images/', import.meta.url).pathname : null;
const VIEWS = SHOTS === null && SCREENSHOTS ? SCREENSHOTS : null;
/** Tokens, keys, and the name of the cookie. */
const SECRET = /eyJ|lr_[\w-]{8}|lk_[\w-]{8}|likeness_refresh|#token/;

/** As many operators have it: it weakens the ETags of what it compresses, `no-transform` or not. */
const GZIP = 'gzip on; gzip_types application/json; gzip_min_length 0; gzip_proxied any;';

export type BrowserOptions = Parameters<Browser['newContext']>[0];

/** Somebody at a browser of one's own, and all that its console has said. */
export interface Human {
  readonly page: Page;
  readonly said: string[];
}

export interface SignedIn extends Human {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  /** For what another device of theirs does meanwhile. */
  readonly token: string;
}

/** Three instances behind nginx, and people in front of them. Its first user is an admin. */
export class AccountWorld {
  private humans: Human[] = [];
  private contexts: BrowserContext[] = [];
  private count = 0;

  private constructor(
    readonly service: TestService,
    private readonly nginx: RollingNginx,
    private readonly browser: Browser,
    readonly mailbox: Mailbox,
    private readonly axe: string,
  ) {}

  static async start(settings: Parameters<typeof startService>[1]): Promise<AccountWorld> {
    // First, because it is what most likely cannot be had: nothing else is left running then.
    const browser = await startBrowser();
    const port = await freePort();
    const service = await startService('PostgreSQL and Redis', { PUBLIC_URL: `http://127.0.0.1:${port}`, ...settings }, INSTANCES);
    const nginx = await RollingNginx.start(port, service.instances.map(({ url }) => Number(new URL(url).port)), GZIP);
    const world = new AccountWorld(service, nginx, browser, new Mailbox(service), await readFile(AXE, 'utf8'));
    await world.register('admin');
    return world;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.nginx.stop();
    await this.service.stop();
  }

  get url(): string {
    return `http://127.0.0.1:${this.nginx.port}`;
  }

  get api(): Api {
    return this.service.api;
  }

  async openBrowser(options: BrowserOptions = {}): Promise<Human> {
    const context = await this.browser.newContext({ viewport: { width: 1200, height: 850 }, locale: 'en-GB', ...options });
    this.contexts.push(context);
    context.setDefaultTimeout(STEP_LIMIT_MS);
    const human: Human = { page: await context.newPage(), said: [] };
    human.page.on('console', (message) => human.said.push(message.text()));
    human.page.on('pageerror', (error) => human.said.push(`uncaught: ${error.message}`));
    this.humans.push(human);
    return human;
  }

  /** Ends a test: what was told to anybody who reads storage, the address bar or the console, and should not have been. */
  async leave(): Promise<string[]> {
    const spilt = (await Promise.all(this.humans.map(spiltBy))).flat();
    await Promise.all(this.contexts.map((context) => context.close()));
    [this.humans, this.contexts] = [[], []];
    return spilt;
  }

  async open(page: Page, view: string, title: string): Promise<void> {
    await page.goto(`${this.url}/account${view}`);
    await heading(page, title);
  }

  /** A new account whose owner is signed in in a browser of their own. */
  async newcomer(view = '', title = 'Profile', options?: BrowserOptions): Promise<SignedIn> {
    const { cookie, ...facts } = await this.register(`ada${++this.count}`);
    return { ...facts, ...(await this.openWith(cookie, view, title, options)) };
  }

  /** The same person at one more browser. */
  async again(username: string, view = '', title = 'Profile', options?: BrowserOptions): Promise<Human> {
    const { headers } = await this.ask('/v1/auth/login', { identifier: username, password: PASSWORD });
    return this.openWith(cookieOf(headers), view, title, options);
  }

  /** By the form. */
  async signUp(options?: BrowserOptions): Promise<SignedIn> {
    const human = await this.openBrowser(options);
    const { page } = human;
    const username = `ada${++this.count}`;
    const email = `${username}@example.test`;
    await this.open(page, '/sign-up', 'Create your account');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Name', { exact: true }).fill('Ada Lovelace');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await heading(page, 'Picture');
    return { ...human, id: '', token: '', username, email };
  }

  /** By the form. */
  async signIn(username: string, options?: BrowserOptions): Promise<Human> {
    const human = await this.openBrowser(options);
    await this.open(human.page, '', 'Sign in');
    await human.page.getByLabel('Email or username').fill(username);
    await human.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await human.page.getByRole('button', { name: 'Sign in' }).click();
    await heading(human.page, 'Profile');
    return human;
  }

  /** What axe finds, told by view; injected by the debugger's protocol, which the policy of the page does not bind. */
  async violations(page: Page): Promise<string[]> {
    await page.evaluate(this.axe);
    const { violations: found } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()');
    return found.map(({ id, nodes }) => `${page.url()}: ${id} ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  }

  async shoot(page: Page, name: string): Promise<void> {
    if (SHOTS) await page.screenshot({ path: `${SHOTS}${name}.png` });
  }

  /** The whole page, for whoever looks at every view. */
  async shootView(page: Page, name: string): Promise<void> {
    if (!VIEWS) return;
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path: join(VIEWS, `${name.replace(/\W+/g, '-')}.png`), fullPage: true });
  }

  private async openWith(cookie: { readonly name: string; readonly value: string }, view: string, title: string, options?: BrowserOptions): Promise<Human> {
    const human = await this.openBrowser(options);
    await human.page.context().addCookies([{ ...cookie, domain: '127.0.0.1', path: '/', secure: true, httpOnly: true, sameSite: 'Strict' }]);
    await this.open(human.page, view, title);
    return human;
  }

  private async register(username: string) {
    const email = `${username}@example.test`;
    const { body, headers } = await this.ask('/v1/auth/register', { email, username, displayName: 'Ada Lovelace', password: PASSWORD });
    return { id: body.user.id as string, token: body.tokens.accessToken as string, username, email, cookie: cookieOf(headers) };
  }

  private async ask(path: string, body: object) {
    const answer = await this.api.post(path, { ...body, platform: 'web', transport: 'cookie' }, { headers: { origin: this.url } });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status} ${String(answer.body?.code)}`);
    return answer;
  }
}

export const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { name, level: 1, exact: true }).waitFor();

const cookieOf = (headers: Headers): { readonly name: string; readonly value: string } => {
  const [, name, value] = /^([\w-]+)=([^;]+)/.exec(headers.get('set-cookie') ?? '')!;
  return { name: name!, value: value! };
};

const spiltBy = async ({ page, said }: Human): Promise<string[]> => {
  const kept = page.isClosed() ? '' : await page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie])');
  return [kept, ...said].filter((line) => SECRET.test(line) || /Content Security Policy|uncaught/.test(line));
};
