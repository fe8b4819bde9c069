import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const SCRIPT = readFileSync(new URL('geometry.page.mjs', import.meta.url), 'utf8');

/**
 * What is wrong with the layout of the open dialog, or of the page where there is none: controls that are too tall, things that overlap, stick out
 * or leave the window, gaps that differ, rows out of line.
 */
export const geometryFaults = async (page: Page): Promise<string[]> => {
  await page.evaluate(SCRIPT);
  return page.evaluate<string[]>('geometry()');
};
