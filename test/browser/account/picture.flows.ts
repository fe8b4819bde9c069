import { expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { heading, type AccountWorld, type SignedIn } from './account-world.js';
import { BLUE, coloursOf, GREEN, isNear, painted, RED, YELLOW, type Colour } from './painted.js';

const COLOURS: Readonly<Record<string, Colour>> = { red: RED, green: GREEN, blue: BLUE, yellow: YELLOW };
const ALL = (name: string): string[] => Array(5).fill(name) as string[];

export const choose = (page: Page, buffer: Buffer, name = 'me.png'): Promise<void> => page.locator('input[name=picture]').setInputFiles({ name, mimeType: 'image/png', buffer });

const send = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Use this picture' }).click();
  await page.getByText('The new picture is shown everywhere.').waitFor();
};

export const upload = async (page: Page, picture: Buffer): Promise<void> => {
  await choose(page, picture);
  await page.getByLabel('Zoom').waitFor();
  await send(page);
};

/** A canvas with its facts, as the browser has it: tests are compiled without the types of pages. */
interface Canvas {
  readonly width: number;
  getContext(kind: '2d'): { drawImage(...facts: unknown[]): void; getImageData(x: number, y: number, width: number, height: number): { readonly data: Iterable<number> } };
}

/** The colour in the middle of the `index`th picture of the page. */
const colourShown = (page: Page, index: number): Promise<number[]> =>
  page.locator('img.avatar').nth(index).evaluate(async (node) => {
    const image = node as unknown as { decode(): Promise<void>; naturalWidth: number };
    await image.decode();
    const scope = globalThis as unknown as { document: { createElement(name: string): Canvas } };
    const context = Object.assign(scope.document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    context.drawImage(image, image.naturalWidth / 2, image.naturalWidth / 2, 1, 1, 0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  });

/** How round the `index`th preview is, how wide, and the colour in its middle. */
const previewShown = (page: Page, index: number): Promise<readonly [string, number, number[]]> =>
  page.locator('.previews canvas').nth(index).evaluate((node) => {
    const canvas = node as unknown as Canvas;
    const scope = globalThis as unknown as { getComputedStyle(of: unknown): { readonly borderRadius: string } };
    return [scope.getComputedStyle(node).borderRadius, canvas.width, [...canvas.getContext('2d').getImageData(canvas.width / 2, canvas.width / 2, 1, 1).data]] as const;
  });

/** What a drop brings along, made in the page. */
const transferOf = (page: Page, picture: Buffer) =>
  page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob('${picture.toString('base64')}'), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], 'me.png', { type: 'image/png' }));
    return transfer;
  })()`);

/** As far as it goes: to a quarter of the side. */
const zoomedIn = async (page: Page): Promise<void> => {
  while ((await page.locator('input[name=zoom]').inputValue()) !== '4') await new Promise((resolve) => setTimeout(resolve, 20));
};

/** The left half is red with a green patch in the middle of it, the right half blue with a yellow one. */
const twoHalves = (): Promise<Buffer> => {
  const [width, height] = [400, 400];
  return painted(800, 400, RED, { colour: GREEN, left: 140, top: 140, width: 120, height: 120 }, { colour: BLUE, left: 400, top: 0, width, height }, { colour: YELLOW, left: 540, top: 140, width: 120, height: 120 });
};

const box = (...brands: string[]): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 12 + brands.length * 4]), Buffer.from(`ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`), Buffer.alloc(64)]);
const NOT_TAKEN = 'Pictures of this kind are not taken. Use JPEG, PNG, WebP, GIF or AVIF.';
const REFUSED: readonly (readonly [Buffer, string])[] = [
  [box('heic', 'mif1', 'heic'), 'HEIC isn’t supported. Export the photo as JPEG, and choose that.'],
  [box('mif1', 'heic', 'miaf'), 'HEIC isn’t supported. Export the photo as JPEG, and choose that.'],
  [box('heix', 'msf1'), 'HEIC isn’t supported. Export the photo as JPEG, and choose that.'],
  [box('isom', 'mp41'), NOT_TAKEN],
  [Buffer.from('not a picture at all'), NOT_TAKEN],
  [Buffer.from('II*\0'), NOT_TAKEN],
  [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), NOT_TAKEN],
  [Buffer.alloc(0), NOT_TAKEN],
];

export const pictureFlows = (world: () => AccountWorld): void => {
  const bytesShown = async (page: Page): Promise<Buffer> => {
    const src = await page.locator('.picture-now img').getAttribute('src');
    return Buffer.from(await (await fetch(world().url + src!)).arrayBuffer());
  };
  const atCropper = async (options?: Parameters<AccountWorld['newcomer']>[2]): Promise<SignedIn & { readonly x: number; readonly y: number }> => {
    const person = await world().newcomer('/picture', 'Picture', options);
    await choose(person.page, await twoHalves());
    await person.page.getByLabel('Zoom').waitFor();
    await person.page.locator('.cropper').scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await person.page.locator('.cropper').boundingBox())!;
    return { ...person, x: x + width / 2, y: y + height / 2 };
  };

  it('a newcomer signs up and changes the picture; it is new everywhere, after a reload, and in a second browser', async () => {
    const { page, username } = await world().signUp();
    await upload(page, await painted(400, 300, RED));
    const other = await world().signIn(username);
    expect(isNear(await colourShown(other.page, 0), RED)).toBe(true);
    await upload(page, await painted(400, 300, BLUE));
    for (const index of [0, 1]) expect(isNear(await colourShown(page, index), BLUE)).toBe(true);
    await page.reload();
    await heading(page, 'Picture');
    expect(isNear(await colourShown(page, 0), BLUE)).toBe(true);
    await other.page.reload();
    await heading(other.page, 'Profile');
    for (const index of [0, 1]) expect(isNear(await colourShown(other.page, index), BLUE)).toBe(true);
  });

  it('the part that is chosen by dragging and scrolling is the picture, and the previews show it before', async () => {
    const { page, x, y } = await atCropper();
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 400, y, { steps: 4 });
    await page.mouse.up();
    await page.mouse.move(x, y);
    for (let turn = 0; turn < 12; turn += 1) await page.mouse.wheel(0, -400);
    await zoomedIn(page);
    for (const [index, size] of [128, 64, 32].entries()) {
      const [radius, width, colour] = await previewShown(page, index);
      expect([radius, width, isNear(colour, GREEN)]).toEqual(['50%', size, true]);
    }
    await send(page);
    expect(await coloursOf(await bytesShown(page), COLOURS)).toEqual(ALL('green'));
  });

  it('by touch: one finger moves, two fingers zoom', async () => {
    const { page, x, y } = await atCropper({ viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
    const touches = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...fingers: readonly number[]) =>
      touches.send('Input.dispatchTouchEvent', { type, touchPoints: fingers.map((at, id) => ({ x: at, y, id })) });
    await touch('touchStart', x);
    for (const way of [60, 120, 180]) await touch('touchMove', x - way);
    await touch('touchEnd');
    await touch('touchStart', x - 15, x + 15);
    for (const apart of [30, 60, 90, 130]) await touch('touchMove', x - apart, x + apart);
    await touch('touchEnd');
    await zoomedIn(page);
    await send(page);
    expect(await coloursOf(await bytesShown(page), COLOURS)).toEqual(ALL('yellow'));
  });

  it('by keyboard: arrows move, the slider zooms', async () => {
    const { page } = await atCropper();
    await page.getByRole('application').focus();
    for (let press = 0; press < 60; press += 1) await page.keyboard.press('ArrowLeft');
    await page.getByLabel('Zoom').focus();
    await page.keyboard.press('End');
    await send(page);
    const found = await coloursOf(await bytesShown(page), COLOURS);
    expect(found).toEqual(ALL('yellow'));
  });

  it('a picture may be dropped, or pasted from the clipboard', async () => {
    const { page } = await world().newcomer('/picture', 'Picture');
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: await transferOf(page, await painted(300, 300, GREEN)) });
    await page.getByLabel('Zoom').waitFor();
    await send(page);
    expect(await coloursOf(await bytesShown(page), COLOURS)).toEqual(ALL('green'));
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate(`(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 300, height: 300 });
      const context = canvas.getContext('2d');
      context.fillStyle = 'rgb(${YELLOW.r} ${YELLOW.g} ${YELLOW.b})';
      context.fillRect(0, 0, 300, 300);
      const picture = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
    })()`);
    await page.keyboard.press('Control+V');
    await page.getByLabel('Zoom').waitFor();
    await send(page);
    expect(await coloursOf(await bytesShown(page), COLOURS)).toEqual(ALL('yellow'));
  });

  it('how much of it has left is shown while it leaves', async () => {
    const { page } = await world().newcomer('/picture', 'Picture');
    const noise = await sharp(randomBytes(400 * 400 * 3), { raw: { width: 400, height: 400, channels: 3 } }).png().toBuffer();
    await choose(page, noise);
    await page.getByLabel('Zoom').waitFor();
    const network = await page.context().newCDPSession(page);
    await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 250_000 });
    await page.evaluate(`{
      window.shown = [];
      new MutationObserver(() => {
        const bar = document.querySelector('progress');
        if (bar && window.shown.at(-1) !== bar.value) window.shown.push(bar.value);
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    }`);
    await send(page);
    const shown = await page.evaluate<number[]>('window.shown');
    expect(shown).toEqual([...shown].sort((one, other) => one - other));
    expect(shown.some((part) => part > 0 && part < 1)).toBe(true);
    expect(await page.locator('progress').count()).toBe(0);
  });

  it('what is not taken is said beforehand, and refused in words; the old picture stands', async () => {
    const { page } = await world().newcomer('/picture', 'Picture');
    await page.getByText('JPEG, PNG, WebP, GIF or AVIF, up to 1 MiB and 4 megapixels.').waitFor();
    const before = await page.locator('.picture-now img').getAttribute('src');
    await choose(page, Buffer.alloc(1_048_577));
    await page.getByRole('alert').getByText('The file is too large: 1 MiB at most.').waitFor();
    await choose(page, await painted(2_500, 2_000, RED));
    await page.getByRole('alert').getByText('The picture is too large: 4 megapixels at most.').waitFor();
    expect(await page.getByRole('button', { name: 'Use this picture' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Cancel' }).click();
    const sent: string[] = [];
    page.on('request', (request) => void (request.method() === 'PUT' && sent.push(request.url())));
    for (const [bytes, words] of REFUSED) {
      await choose(page, bytes);
      await page.getByRole('alert').getByText(words).waitFor();
      expect(await page.getByRole('button', { name: 'Use this picture' }).count()).toBe(0);
    }
    await choose(page, (await painted(300, 300, RED)).subarray(0, 60));
    await page.getByRole('alert').getByText('This file is not a picture, or it is broken.').waitFor();
    expect(await page.getByRole('button', { name: 'Use this picture' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(sent).toEqual([]);
    expect(await page.locator('.picture-now img').getAttribute('src')).toBe(before);
  });

  it('AVIF, which the service takes and not every browser shows, may be sent without a preview', async () => {
    const { page } = await world().newcomer('/picture', 'Picture');
    // A browser without it: the decoder says no.
    await page.evaluate(`Object.defineProperty(Image.prototype, 'src', { set() { setTimeout(() => this.onerror?.()); } })`);
    await choose(page, await sharp({ create: { width: 300, height: 300, channels: 3, background: GREEN } }).avif().toBuffer(), 'me.avif');
    await page.getByText('Your browser can’t show AVIF pictures. You can still use “me.avif”').waitFor();
    await page.getByRole('button', { name: 'Use this picture' }).click();
    await page.getByText('The new picture is shown everywhere.').waitFor();
    await page.reload();
    await heading(page, 'Picture');
    expect(await coloursOf(await bytesShown(page), COLOURS)).toEqual(ALL('green'));
  });

  it('a picture is removed, and the initials are everywhere again', async () => {
    const { page } = await world().newcomer('/picture', 'Picture');
    const initials = await page.locator('.picture-now img').getAttribute('src');
    await upload(page, await painted(300, 300, RED));
    await page.getByRole('button', { name: 'Remove picture' }).click();
    const dialog = page.getByRole('dialog');
    expect(await world().violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Remove picture' }).click();
    await page.getByText('The picture is gone; the initials are shown.').waitFor();
    expect(await page.locator('.picture-now img').getAttribute('src')).toBe(initials);
    for (const index of [0, 1]) expect(isNear(await colourShown(page, index), RED)).toBe(false);
    expect(await page.getByRole('button', { name: 'Remove picture' }).count()).toBe(0);
  });
};
