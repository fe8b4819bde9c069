import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { AccountWorld } from './account-world.js';
import { geometryFaults } from './geometry.js';
import { Stations } from './stations.js';

const WIDTHS = [360, 390, 1440] as const;
const HEIGHT = 800;

const painted = (page: Page): Promise<void> => page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');

export const layoutFlows = (world: () => AccountWorld): void => {
  it.each([
    ['English', 'en-GB', 1],
    ['Chinese', 'zh-CN', 2],
  ] as const)('every view is laid out soundly on phones and desks, in %s', async (_, locale, language) => {
    const look = async (page: Page, station: string): Promise<string[]> => {
      const faults: string[] = [];
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: HEIGHT });
        await painted(page);
        faults.push(...(await geometryFaults(page)).map((fault) => `${width} px: ${fault}`));
        await world().shootView(page, `${station} ${locale} ${width}`);
      }
      return faults;
    };
    expect(await new Stations(world(), language, { locale }, look).all()).toEqual([]);
  });
};
