import { chromium, type Browser, type Page } from 'playwright-core';
import { join } from 'node:path';
import { required } from '../kit/required.js';

const STEP_LIMIT_MS = 20_000;

/** Debian's Chromium from the unpacked package. The sandbox wants privileges that test machines do not give. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: join(required('TEST_BROWSER_ROOT'), 'usr/lib/chromium/chromium'),
    env: { ...process.env, NODE_OPTIONS: '', LD_LIBRARY_PATH: process.env.TEST_BROWSER_LIB ?? '' },
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-dev-shm-usage'],
  });

/** A page with one picture, as any application would write it. */
export const pageWithPicture = (src: string): string => `<!doctype html><title>A picture</title><img id="picture" alt="" src="${src}">`;

/** Runs in the browser. */
const PIXELS = `(image) => {
  if (!image.complete || image.naturalWidth === 0) return 'no picture';
  const canvas = Object.assign(document.createElement('canvas'), { width: image.naturalWidth, height: image.naturalHeight });
  canvas.getContext('2d').drawImage(image, 0, 0);
  return canvas.toDataURL();
}`;

/** Somebody at a browser of one's own: cookies, caches and all (RFC 9111 calls it a private cache). */
export class Person {
  private constructor(
    readonly name: string,
    readonly page: Page,
  ) {}

  static async at(browser: Browser, name: string): Promise<Person> {
    const context = await browser.newContext();
    context.setDefaultTimeout(STEP_LIMIT_MS);
    return new Person(name, await context.newPage());
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url, { waitUntil: 'load' });
  }

  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: 'load' });
  }

  leave(): Promise<void> {
    return this.page.context().close();
  }

  /** The pixels on the page, as one string. */
  shown(): Promise<string> {
    return this.page.evaluate(`(${PIXELS})(document.getElementById('picture'))`);
  }

  /** The pixels of any URL, in this browser. */
  looksOf(url: string): Promise<string> {
    return this.page.evaluate(`(async () => { const image = new Image(); image.src = ${JSON.stringify(url)}; await image.decode(); return (${PIXELS})(image); })()`);
  }

  /** As an application does it: a PUT from the page. */
  async upload(token: string, picture: Buffer): Promise<{ readonly status: number; readonly body: { readonly version: string; readonly immutableUrl: string } }> {
    const given = JSON.stringify({ token, base64: picture.toString('base64') });
    return this.page.evaluate(`(async ({ token, base64 }) => {
      const body = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const answer = await fetch('/v1/users/me/avatar', { method: 'PUT', headers: { authorization: 'Bearer ' + token, 'content-type': 'image/png' }, body });
      return { status: answer.status, body: await answer.json() };
    })(${given})`);
  }
}
