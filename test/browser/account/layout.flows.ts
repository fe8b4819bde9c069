import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { AccountWorld } from './account-world.js';
import { geometryFaults } from './geometry.js';
import { Stations } from './stations.js';
import { ADMINS, OWN } from './views.js';

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

  it('on a phone the current entry of the navigation is in sight, and the strip fades where there is more', async () => {
    const { page } = await world().again('admin', '', 'Profile', { viewport: { width: 360, height: HEIGHT } });
    const strip = page.getByRole('navigation');
    const seen: [string, boolean, string][] = [];
    for (const [view, title] of [...OWN.slice(0, -1), ...ADMINS]) {
      await world().open(page, view, title);
      await painted(page);
      const box = (await strip.locator('[aria-current]').boundingBox())!;
      seen.push([title, box.x >= 0 && box.x + box.width <= 360, (await strip.getAttribute('class'))!.trim()]);
    }
    expect(seen.filter(([, isInSight]) => !isInSight)).toEqual([]);
    expect([seen[0]![2], seen[3]![2], seen.at(-1)![2]]).toEqual(['nav nav-more-end', 'nav nav-more-start nav-more-end', 'nav nav-more-start']);
    await page.setViewportSize({ width: 1440, height: HEIGHT });
    await painted(page);
    expect((await strip.getAttribute('class'))!.trim()).toBe('nav');
  });
};
