import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { heading, type AccountWorld } from './account-world.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const ENDED = 'This device was signed out: by you, on another device';

interface Countdown {
  readonly endsAtMs: number;
  readonly leftMinutes: number;
}

/** The end as the page has it for machines, and how long that is as people read it. */
const countdownOf = async (page: Page): Promise<Countdown> => {
  const ends = page.locator('.ends').first();
  const [, hours, minutes] = /in (\d+) hours? (\d+) minutes?/.exec((await ends.innerText()))!;
  return { endsAtMs: Date.parse((await ends.locator('time').getAttribute('datetime'))!), leftMinutes: Number(hours) * 60 + Number(minutes) };
};

export const devicesFlows = (world: () => AccountWorld): void => {
  it('one device is ended, then all others; each is told, and this one goes on', async () => {
    const { page, username } = await world().newcomer('/devices', 'Devices');
    const first = await world().again(username);
    await page.reload();
    await page.locator('.rows > li').nth(1).waitFor();
    await page.locator('.rows > li').filter({ hasNotText: 'this device' }).getByRole('button').click();
    const found = await world().violations(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
    await first.page.getByRole('link', { name: 'Devices' }).click();
    await first.page.getByText(ENDED).waitFor();
    const second = await world().again(username);
    await page.reload();
    await page.getByRole('button', { name: 'Sign out all others' }).click();
    found.push(...(await world().violations(page)));
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
    expect(await page.getByRole('button', { name: 'Sign out all others' }).isDisabled()).toBe(true);
    await second.page.reload();
    await second.page.getByText(ENDED).waitFor();
    await page.reload();
    await page.getByText('this device').waitFor();
    expect(found).toEqual([]);
  });

  it('when a session ends is said by the clock of the service, whatever this machine believes, and counts down', async () => {
    const { page } = await world().newcomer();
    await page.clock.install({ time: Date.now() + 3 * HOUR_MS });
    await world().open(page, '/devices', 'Devices');
    await page.locator('.ends').waitFor();
    const { endsAtMs, leftMinutes } = await countdownOf(page);
    const trulyMinutes = (endsAtMs - Date.now()) / MINUTE_MS;
    // The idle limit of these instances is two hours; a minute is what the test may have taken.
    expect(trulyMinutes).toBeGreaterThan(118);
    expect(Math.abs(trulyMinutes - leftMinutes)).toBeLessThan(2);
    await page.clock.fastForward(10 * MINUTE_MS);
    await page.clock.runFor(2_000);
    const later = await countdownOf(page);
    expect(later.endsAtMs).toBe(endsAtMs);
    expect(Math.abs(leftMinutes - 10 - later.leftMinutes)).toBeLessThan(2);
  });

  it('a device whose place another one took is told so', async () => {
    const { page, username } = await world().newcomer();
    await world().again(username);
    await world().again(username);
    await page.reload();
    await page.getByText('because you signed in on another device').waitFor();
    expect(await world().violations(page)).toEqual([]);
  });

  it('signing out in one tab signs out the other; two tabs that wake at once both go on', async () => {
    const { page } = await world().newcomer('/picture', 'Picture');
    const second = await page.context().newPage();
    await Promise.all([page.reload(), world().open(second, '/devices', 'Devices')]);
    await heading(page, 'Picture');
    await second.getByText('this device').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await page.getByText('You are signed out.').waitFor();
    await heading(second, 'Sign in');
  });

  it('without a network it says so, and offers again', async () => {
    const { page } = await world().newcomer();
    await page.context().setOffline(true);
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByText('You are offline. Nothing was changed.').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('this device').waitFor();
  });
};
