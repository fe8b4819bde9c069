import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { outlineOf } from './jpeg-markers.js';

const picture = () => sharp({ create: { width: 64, height: 64, channels: 3, background: '#357' } });
const segment = (marker: number, data: Buffer): Buffer => Buffer.concat([Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255]), data]);

const countScans = (jpeg: Buffer, maxScans: number): number => outlineOf(jpeg, maxScans).scans;

describe('the outline of a JPEG', () => {
  it('finds one in a baseline JPEG, and several in a progressive one', async () => {
    expect(countScans(await picture().jpeg().toBuffer(), 100)).toBe(1);
    const scans = countScans(await picture().jpeg({ progressive: true }).toBuffer(), 100);
    expect(scans).toBeGreaterThan(3);
    expect(scans).toBeLessThan(20);
  });

  it('counts neither previews in segments, nor what stands behind the end', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const preview = Buffer.alloc(60_000, Buffer.from([0xff, 0xda]));
    expect(countScans(Buffer.concat([jpeg.subarray(0, 2), segment(0xe1, preview), jpeg.subarray(2), preview]), 100)).toBe(1);
  });

  it('stops counting beyond the limit', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const scan = jpeg.subarray(jpeg.lastIndexOf('\xff\xda', undefined, 'latin1'), -2);
    expect(countScans(Buffer.concat([jpeg.subarray(0, -2), ...Array<Buffer>(300).fill(scan)]), 100)).toBe(101);
  });

  it('ends with what is cut off, or lies about its lengths', () => {
    for (const bytes of ['ffd8ff', 'ffd8ffda', 'ffd8ffdaff', 'ffd8ffe00000ffda0000', 'ffd8ffe0ffff', 'ffffffffff']) expect(countScans(Buffer.from(bytes, 'hex'), 100)).toBeLessThanOrEqual(1);
  });
});
