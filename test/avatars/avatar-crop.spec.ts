import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { AvatarDto } from '../../src/modules/users/index.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { formOf, putPicture, shownTo, sourcesOf } from './avatars-client.js';
import { cornersOf, distance, quarters } from './test-pictures.js';

const RED = [220, 20, 20];
const GREEN = [20, 180, 20];
const BLUE = [20, 20, 220];
const WHITE = [250, 250, 250];

let service: AvatarsApp;
let ada: string;

beforeAll(async () => {
  service = await startAvatarsApp();
});
afterAll(() => service.close());
beforeEach(async () => {
  ada = await service.user();
});

type Fields = readonly (readonly [name: string, value: string])[];

function put(bytes: Buffer, fields: Fields, { fieldsFirst = true } = {}): Promise<Response> {
  const file = formOf(bytes).get('file')!;
  const form = new FormData();
  const parts = [...fields.map(([name, value]) => () => form.append(name, value)), () => form.append('file', file)];
  for (const add of fieldsFirst ? parts : parts.reverse()) add();
  return putPicture(service, ada, '/v1/users/me/avatar', form);
}

const cropped = (x: number, y: number, size: number): Fields => [['cropX', String(x)], ['cropY', String(y)], ['cropSize', String(size)]];

async function expectShown(...colours: readonly (readonly number[])[]): Promise<void> {
  for (const [index, corner] of (await cornersOf(await shownTo(service, ada))).entries()) expect(distance(colours[index] ?? colours[0]!, corner)).toBeLessThan(12);
}

async function faultsOf(response: Response): Promise<Record<string, string>> {
  expect(response.status).toBe(400);
  const { code, errors } = (await response.json()) as { code: string; errors: { field: string; code: string }[] };
  expect(code).toBe('request.invalid');
  return Object.fromEntries(errors.map((fault) => [fault.field, fault.code]));
}

describe('the crop of an upload', () => {
  it.each([
    ['the upper left', cropped(0, 0, 40), RED],
    ['the upper right', cropped(60, 0, 40), GREEN],
    ['the lower left', cropped(0, 60, 40), BLUE],
    ['the lower right, to the last pixel', cropped(60, 60, 40), WHITE],
    ['one pixel', cropped(99, 99, 1), WHITE],
  ] as const)('shows %s', async (_name, fields, colour) => {
    expect((await put(await quarters(100, 100).png().toBuffer(), fields)).status).toBe(200);
    await expectShown(colour);
  });

  it('shows a square over all four quarters where it was asked for, wherever the fields stand in the form', async () => {
    const picture = await quarters(200, 100).png().toBuffer();
    for (const fieldsFirst of [true, false]) {
      expect((await put(picture, cropped(60, 10, 80), { fieldsFirst })).status).toBe(200);
      await expectShown(RED, GREEN, BLUE, WHITE);
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is measured in the upright picture, whatever the orientation: %i', async (orientation) => {
    const stored = await quarters(120, 80).withMetadata({ orientation }).jpeg({ quality: 98, chromaSubsampling: '4:4:4' }).toBuffer();
    const upright = await sharp(stored).autoOrient().toBuffer({ resolveWithObject: true });
    const [nearX, nearY] = [Math.round(upright.info.width * 0.6), Math.round(upright.info.height * 0.6)];
    const expected = await sharp(upright.data).extract({ left: nearX, top: nearY, width: 24, height: 24 }).toBuffer();
    expect((await put(stored, cropped(nearX, nearY, 24))).status).toBe(200);
    await expectShown(...(await cornersOf(expected)));
    expect(await faultsOf(await put(stored, cropped(upright.info.width - 23, 0, 24)))).toEqual({ cropX: 'inside_picture' });
  });

  it.each([[30, 30], [0, 0], [60, 60], [29, 31]])('takes the very pixels that were asked for, and none beside them (from %i, %i)', async (left, top) => {
    const size = 40;
    const inside = await sharp({ create: { width: size, height: size, channels: 3, background: '#ffffff' } }).png().toBuffer();
    const picture = await sharp({ create: { width: 100, height: 100, channels: 3, background: '#000000' } }).composite([{ input: inside, left, top }]).png().toBuffer();
    expect((await put(picture, cropped(left, top, size))).status).toBe(200);
    const { channels } = await sharp(await shownTo(service, ada)).removeAlpha().stats();
    expect(Math.min(...channels.map(({ min }) => min))).toBeGreaterThan(240);
  });

  it('is part of the picture’s name: another crop is another picture, the same one the same', async () => {
    const picture = await quarters(90, 90).png().toBuffer();
    const versions: string[] = [];
    for (const fields of [[], cropped(0, 0, 90), cropped(0, 0, 89), cropped(1, 0, 89), cropped(0, 1, 89), cropped(0, 0, 90)]) {
      versions.push(((await (await put(picture, fields)).json()) as AvatarDto).version);
    }
    expect(versions.at(-1)).toBe(versions[1]);
    expect(new Set(versions).size).toBe(versions.length - 1);
  });

  it.each([
    ['a field that is missing', [['cropX', '1'], ['cropSize', '10']], { cropY: 'is_defined' }],
    ['two that are missing', [['cropSize', '10']], { cropX: 'is_defined', cropY: 'is_defined' }],
    ['fractions, signs and words', [['cropX', '1.5'], ['cropY', '-1'], ['cropSize', 'all']], { cropX: 'is_int', cropY: 'is_int', cropSize: 'is_int' }],
    ['white space, hexadecimal and nothing', [['cropX', ' 1'], ['cropY', '0x1'], ['cropSize', '']], { cropX: 'is_int', cropY: 'is_int', cropSize: 'is_int' }],
    ['no pixel at all', cropped(0, 0, 0), { cropSize: 'is_int' }],
    ['numbers beyond all pictures', cropped(1e10, 0, 1), { cropX: 'is_int' }],
    ['a field twice', [...cropped(0, 0, 10), ['cropX', '1']], { cropX: 'is_int' }],
    ['one pixel too far to the right', cropped(91, 0, 10), { cropX: 'inside_picture' }],
    ['one pixel too far down', cropped(0, 41, 10), { cropY: 'inside_picture' }],
    ['both', cropped(95, 45, 10), { cropX: 'inside_picture', cropY: 'inside_picture' }],
    ['more than the shorter side', cropped(0, 0, 51), { cropSize: 'inside_picture' }],
    ['a field that is not known', [['cropWidth', '1']], { cropWidth: 'unknown_field' }],
  ] as const)('is refused, and the old picture stands, for %s', async (_name, fields, faults) => {
    const before = await shownTo(service, ada);
    const sources = await sourcesOf(service);
    expect(await faultsOf(await put(await quarters(100, 50).png().toBuffer(), fields))).toEqual(faults);
    expect(await shownTo(service, ada)).toEqual(before);
    expect(await sourcesOf(service)).toEqual(sources);
  });
});
