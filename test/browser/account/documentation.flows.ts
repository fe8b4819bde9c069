import { it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { heading, PASSWORD, type AccountWorld } from './account-world.js';
import { choose, upload } from './picture.flows.js';
import { LOOKS, portrait } from './portrait.js';

const SIZE = { width: 1200, height: 800 };
const PEOPLE = [
  ['grace', 'Grace Hopper'],
  ['katherine', 'Katherine Johnson'],
  ['alan', 'Alan Turing'],
] as const;

/** `docs/images`: SCREENSHOTS=on npm run test:browser -- account-page -t documentation */
export const documentationFlows = (world: () => AccountWorld): void => {
  /** Every picture is decoded, and nothing is focused or hovered. */
  const isShown = async (page: Page): Promise<void> => {
    await page.mouse.move(1, 1);
    await page.evaluate('document.activeElement.blur(), Promise.all([...document.images].map((image) => image.decode())).then(() => undefined)');
  };

  it('the pictures of the documentation are taken', async () => {
    const { body } = await world().api.post('/v1/auth/login', { identifier: 'admin', password: PASSWORD });
    const rename = (id: string, username: string, displayName: string) =>
      world().api.patch(`/v1/users/${id}`, { username, displayName, email: `${username}@example.org`, emailVerified: true }, { token: body.accessToken });
    for (const [username, name] of PEOPLE) {
      const person = await world().newcomer('/picture', 'Picture');
      await upload(person.page, await portrait(person.page.context(), LOOKS[username]));
      await rename(person.id, username, name);
    }
    const { page, id } = await world().newcomer('/picture', 'Picture', { viewport: SIZE });
    await rename(id, 'ada', 'Ada Lovelace');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await world().open(page, '/picture', 'Picture');
      await choose(page, await portrait(page.context(), LOOKS.ada));
      await page.locator('input[name=zoom]').fill('1.4');
      await isShown(page);
      await world().shoot(page, `account-picture-${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Use this picture' }).click();
    await page.getByText('The new picture is shown everywhere.').waitFor();
    await page.getByRole('link', { name: 'Profile', exact: true }).click();
    await heading(page, 'Profile');
    await isShown(page);
    await world().shoot(page, 'account-profile');
    await page.setViewportSize({ width: 390, height: 844 });
    await isShown(page);
    await world().shoot(page, 'account-phone');
    await page.setViewportSize(SIZE);
    await world().api.post('/v1/auth/login', { identifier: 'ada', password: PASSWORD, platform: 'ios', deviceName: 'Ada’s phone' });
    await world().open(page, '/devices', 'Devices');
    await page.getByText('Ada’s phone').first().waitFor();
    await isShown(page);
    await world().shoot(page, 'account-devices');
    const { page: admin } = await world().again('admin', '/admin/users', 'Users', { viewport: SIZE });
    await admin.locator('.rows').getByText('Grace Hopper').waitFor();
    await admin.getByLabel('Name, username or email').fill('example.org');
    await admin.locator('.rows > li').nth(4).waitFor({ state: 'detached' });
    await isShown(admin);
    await world().shoot(admin, 'account-users');
  });
};
