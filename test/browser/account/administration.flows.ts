import { expect, it } from '@jest/globals';
import pg from 'pg';
import { INSERT_MANY_USERS } from '../../kit/many-users.mjs';
import { heading, type AccountWorld, type Human } from './account-world.js';
import { coloursOf, GREEN, painted } from './painted.js';
import { upload } from './picture.flows.js';

const PAGE_SIZE = 25;

export const administrationFlows = (world: () => AccountWorld): void => {
  const asAdmin = (view: string, title: string): Promise<Human> => world().again('admin', view, title);

  it('an admin finds a user, ends their sessions, disables and enables them, and reads of it; axe finds nothing there', async () => {
    const { page: signedIn, username, id } = await world().newcomer();
    const { page } = await asAdmin('', 'Profile');
    await page.getByRole('link', { name: 'Users' }).click();
    await heading(page, 'Users');
    await page.getByLabel('Name, username or email').fill(`${username}@`);
    await page.getByText(`@${username} ·`).waitFor();
    await page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
    const found = await world().violations(page);
    await page.locator('.row-target').click();
    await heading(page, 'Ada Lovelace');
    await page.getByRole('button', { name: 'Sign out on Web' }).waitFor();
    found.push(...(await world().violations(page)));
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    found.push(...(await world().violations(page)));
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Nowhere at the moment.').waitFor();
    await signedIn.reload();
    await signedIn.getByText('This device was signed out').waitFor();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('This user may not sign in.').waitFor();
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByText('This user may sign in.').waitFor();
    await page.getByRole('link', { name: 'Audit log of this user' }).click();
    await heading(page, 'Audit log');
    const rows = page.locator('.rows .row-title');
    for (const event of ['Account enabled', 'Account disabled', 'Account created']) await rows.getByText(event, { exact: true }).first().waitFor();
    await page.getByLabel('What happened').selectOption({ label: 'Account disabled' });
    await rows.getByText('Account created', { exact: true }).waitFor({ state: 'detached' });
    expect(await rows.allInnerTexts()).toEqual(['Account disabled']);
    expect(await page.locator('.rows').innerText()).toContain(id.slice(-12));
    expect([...found, ...(await world().violations(page))]).toEqual([]);
  });

  it('more users than one page holds are shown page by page', async () => {
    const client = new pg.Client(world().service.databaseUrl);
    await client.connect();
    await client.query(INSERT_MANY_USERS, [1, PAGE_SIZE + 5]).finally(() => client.end());
    const { page } = await asAdmin('/admin/users', 'Users');
    const rows = page.locator('.rows > li');
    await rows.nth(PAGE_SIZE - 1).waitFor();
    expect(await rows.count()).toBe(PAGE_SIZE);
    await page.getByRole('button', { name: 'Show more' }).click();
    await rows.nth(PAGE_SIZE).waitFor();
    const names = await page.locator('.rows .muted').allInnerTexts();
    expect(new Set(names).size).toBe(names.length);
  });

  it('sessions are shown by platform, and those of one platform are ended', async () => {
    const { username, id, token } = await world().newcomer();
    const { body } = await world().api.post('/v1/auth/login', { identifier: username, password: 'seven quiet lighthouses', platform: 'ios', deviceName: 'Ada’s phone' });
    const { page } = await asAdmin(`/admin/users/${id}`, 'Ada Lovelace');
    await page.getByRole('heading', { name: 'Web', exact: true }).waitFor();
    await page.getByText('Ada’s phone').waitFor();
    await page.getByRole('button', { name: 'Sign out on iOS' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'iOS', exact: true }).waitFor({ state: 'detached' });
    const status = async (bearer: string): Promise<number> => (await world().api.get('/v1/users/me', { token: bearer })).status;
    expect([await status(body.accessToken), await status(token)]).toEqual([401, 200]);
  });

  it('roles are given and taken; what is no role is refused in words, and the last admin stays', async () => {
    const { page: theirs, id } = await world().newcomer();
    const { page } = await asAdmin(`/admin/users/${id}`, 'Ada Lovelace');
    const form = page.getByRole('form', { name: 'Roles' });
    await form.getByLabel('Other roles').fill('Editor!');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Lower-case letters, digits and dashes; a letter first.').waitFor();
    await form.getByLabel('Other roles').fill('editor');
    await form.getByLabel('Administrator').check();
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Saved.').waitFor();
    await theirs.reload();
    await theirs.getByRole('link', { name: 'Users' }).waitFor();
    await form.getByLabel('Administrator').uncheck();
    await form.getByRole('button', { name: 'Save' }).click();
    await page.locator('.hero .badge').getByText('admin', { exact: true }).waitFor({ state: 'detached' });
    expect((await world().api.get(`/v1/users/${id}`, { token: await adminToken() })).body.roles).toEqual(['editor']);
  });

  it('a link for a new password is mailed to a confirmed address, and to no other', async () => {
    const { email, id } = await world().newcomer();
    const { page } = await asAdmin(`/admin/users/${id}`, 'Ada Lovelace');
    const button = page.getByRole('button', { name: 'Send reset link' });
    expect(await button.isDisabled()).toBe(true);
    await page.getByText(`${email} is not confirmed, or the account is disabled.`).waitFor();
    await world().api.post('/v1/auth/email/verify', { token: await world().mailbox.tokenTo(email) });
    await page.reload();
    await button.click();
    await page.getByRole('status').getByText(email).waitFor();
    const { status } = await world().api.post('/v1/auth/password/reset', { token: await world().mailbox.tokenTo(email, 2), newPassword: 'nine quiet lighthouses' });
    expect(status).toBe(204);
  });

  it('another’s picture is changed, and removed; they see it at once', async () => {
    const { page: theirs, id } = await world().newcomer('/picture', 'Picture');
    const initials = await theirs.locator('.picture-now img').getAttribute('src');
    const { page } = await asAdmin(`/admin/users/${id}`, 'Ada Lovelace');
    await upload(page, await painted(300, 300, GREEN));
    await theirs.reload();
    await heading(theirs, 'Picture');
    const shown = (await theirs.locator('.picture-now img').getAttribute('src'))!;
    expect(await coloursOf(Buffer.from(await (await fetch(world().url + shown)).arrayBuffer()), { green: GREEN })).toEqual(Array(5).fill('green'));
    await page.getByRole('button', { name: 'Remove picture' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove picture' }).click();
    await page.getByText('The picture is gone; the initials are shown.').waitFor();
    await theirs.reload();
    await heading(theirs, 'Picture');
    expect(await theirs.locator('.picture-now img').getAttribute('src')).toBe(initials);
  });

  it('whoever is no admin finds nothing at the addresses of administration', async () => {
    const { page } = await world().newcomer('/admin/users', 'There is nothing here');
    expect(await page.getByRole('link', { name: 'Users' }).count()).toBe(0);
  });

  const adminToken = async (): Promise<string> => (await world().api.post('/v1/auth/login', { identifier: 'admin', password: 'seven quiet lighthouses' })).body.accessToken as string;
};
