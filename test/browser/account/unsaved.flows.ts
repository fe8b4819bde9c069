import { expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { heading, type AccountWorld } from './account-world.js';
import { painted, RED } from './painted.js';
import { choose } from './picture.flows.js';

interface Edit {
  readonly what: string;
  readonly view: string;
  readonly title: string;
  readonly type: (page: Page) => Promise<Locator>;
  readonly typed: string;
}

const fill = (name: string, text: string) => async (page: Page): Promise<Locator> => {
  const field = page.locator(`input[name=${name}]`);
  await field.fill(text);
  return field;
};

const EDITS: readonly Edit[] = [
  { what: 'a profile', view: '', title: 'Profile', type: fill('displayName', 'Ada, as typed'), typed: 'Ada, as typed' },
  {
    what: 'a new address',
    view: '',
    title: 'Profile',
    type: async (page) => {
      await page.getByRole('button', { name: 'Change email' }).click();
      return fill('email', 'new@example.test')(page);
    },
    typed: 'new@example.test',
  },
  { what: 'a new password', view: '/password', title: 'Password', type: fill('newPassword', 'eight quiet lighthouses'), typed: 'eight quiet lighthouses' },
  {
    what: 'a chosen picture',
    view: '/picture',
    title: 'Picture',
    type: async (page) => {
      await choose(page, await painted(300, 300, RED));
      await page.locator('input[name=zoom]').fill('2');
      return page.locator('input[name=zoom]');
    },
    typed: '2',
  },
];

export const unsavedFlows = (world: () => AccountWorld): void => {
  const question = (page: Page): Locator => page.getByRole('dialog').getByText('They are not saved yet.');
  const answer = (page: Page, name: string): Promise<void> => page.getByRole('dialog').getByRole('button', { name }).click();

  it.each(EDITS)('$what that is not saved is not lost by leaving: it is asked about on every way out', async ({ view, title, type, typed }) => {
    const { page } = await world().newcomer('/keys', 'API keys');
    const link = (name: string): Locator => page.getByRole('navigation').getByRole('link', { name, exact: true });
    await link(title).click();
    await heading(page, title);
    const field = await type(page);
    const ways: [string, () => Promise<unknown>][] = [
      ['a link', () => link('Devices').click()],
      ['signing out', () => page.getByRole('button', { name: 'Sign out', exact: true }).first().click()],
      ['going back', () => page.evaluate('history.back()')],
    ];
    for (const [, leave] of ways) {
      await leave();
      await question(page).waitFor();
      await answer(page, 'Keep editing');
      await heading(page, title);
      expect([await field.inputValue(), new URL(page.url()).pathname]).toEqual([typed, `/account${view}`]);
    }
    const asking = page.waitForEvent('dialog');
    await page.evaluate('void setTimeout(() => location.reload())');
    const dialog = await asking;
    await dialog.dismiss();
    expect([dialog.type(), await field.inputValue()]).toEqual(['beforeunload', typed]);
    await page.evaluate('history.back()');
    await answer(page, 'Discard');
    await heading(page, 'API keys');
    await page.evaluate('history.forward()');
    await heading(page, title);
    await link('Devices').click();
    await heading(page, 'Devices');
  });

  it('roles that are not saved are not lost, and saved ones are let go of', async () => {
    const { id } = await world().newcomer();
    const { page } = await world().again('admin', `/admin/users/${id}`, 'Ada Lovelace');
    await page.locator('input[name=roles]').fill('editor');
    await page.getByRole('link', { name: 'Audit log', exact: true }).click();
    await question(page).waitFor();
    await answer(page, 'Keep editing');
    await page.getByRole('form', { name: 'Roles' }).getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByRole('link', { name: 'Audit log', exact: true }).click();
    await heading(page, 'Audit log');
  });

  it('a key that nobody has copied, and what was typed to sign up, are asked about, too', async () => {
    const { page } = await world().newcomer('/keys', 'API keys');
    await page.goto(`${world().url}/account/devices`);
    await heading(page, 'Devices');
    await page.getByRole('navigation').getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'Create a key' }).click();
    await page.locator('input[name=name]').fill('nightly export');
    await page.getByRole('dialog').getByRole('button', { name: 'Create a key' }).click();
    const secret = await page.getByLabel('The key').inputValue();
    await page.evaluate('history.back()');
    await question(page).waitFor();
    await answer(page, 'Keep editing');
    expect(await page.getByLabel('The key').inputValue()).toBe(secret);
    const { page: stranger } = await world().openBrowser();
    await world().open(stranger, '/sign-up', 'Create your account');
    await stranger.getByLabel('Email').fill('ada@example.test');
    await stranger.getByRole('link', { name: 'Sign in' }).click();
    await question(stranger).waitFor();
    await answer(stranger, 'Discard');
    await heading(stranger, 'Sign in');
  });
};
