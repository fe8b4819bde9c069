import { expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { heading, PASSWORD, type AccountWorld } from './account-world.js';

const NEW_PASSWORD = 'eight quiet lighthouses';

export const ownAccountFlows = (world: () => AccountWorld): void => {
  const statusOfLogin = async (identifier: string, password: string): Promise<number> => (await world().api.post('/v1/auth/login', { identifier, password })).status;

  it('whoever comes for the first time finds a console with nothing in it', async () => {
    const { page, said } = await world().openBrowser();
    const refused: number[] = [];
    page.on('response', (answer) => void (answer.status() >= 400 && refused.push(answer.status())));
    await world().open(page, '', 'Sign in');
    await page.getByRole('link', { name: 'Create account' }).click();
    await heading(page, 'Create your account');
    expect([said, refused]).toEqual([[], []]);
  });

  it('a rename redraws the initials at once', async () => {
    const { page } = await world().newcomer();
    const before = await page.locator('.header img.avatar').getAttribute('src');
    await page.getByLabel('Name', { exact: true }).fill('Grace Hopper');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await page.locator('.header img.avatar').getAttribute('src')).not.toBe(before);
    await page.locator('.header').getByText('Grace Hopper').waitFor();
  });

  it('a profile that another device changed meanwhile: nothing typed is lost, and it is offered again', async () => {
    const { page, token, username } = await world().newcomer();
    const elsewhere = (patch: object) => world().api.request('PATCH', '/v1/users/me', { token, body: patch });
    const name = page.getByLabel('Name', { exact: true });
    await page.getByLabel('Language', { exact: true }).selectOption('en');
    await elsewhere({ displayName: 'Countess of Lovelace' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await name.inputValue()).toBe('Countess of Lovelace');
    await name.fill('Ada, as typed here');
    await elsewhere({ displayName: 'Ada, as typed there' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`Now the username is “${username}” and the name “Ada, as typed there”`).waitFor();
    expect(await name.inputValue()).toBe('Ada, as typed here');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect((await world().api.get('/v1/users/me', { token })).body).toMatchObject({ displayName: 'Ada, as typed here', locale: 'en' });
    await name.fill('Ada, as typed here again');
    await elsewhere({ displayName: 'Ada, as it stays' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Keep what is there' }).click();
    await page.locator('.header').getByText('Ada, as it stays').waitFor();
    expect(await name.inputValue()).toBe('Ada, as it stays');
  });

  it('a new address takes the password, and counts once its link is opened', async () => {
    const { page, email, username } = await world().newcomer();
    const fresh = `new-${username}@example.test`;
    await page.getByRole('button', { name: 'Change email' }).click();
    await page.getByLabel('New email').fill(fresh);
    await page.getByLabel('Current password').fill('not my password');
    const form = page.getByRole('form', { name: 'Change email' });
    await form.getByRole('button', { name: 'Change email' }).click();
    await page.getByText('The password is wrong.').waitFor();
    await page.getByLabel('Current password').fill(PASSWORD);
    await form.getByRole('button', { name: 'Change email' }).click();
    await page.getByText(`We sent a link to ${fresh}.`).waitFor();
    await page.locator('.email-now').getByText(email, { exact: true }).waitFor();
    await page.goto(`${world().url}/verify-email#token=${await world().mailbox.tokenTo(fresh)}`);
    await page.getByRole('button', { name: 'Confirm email address' }).click();
    await page.getByText('Your address is confirmed.').waitFor();
    await page.getByRole('link', { name: 'To your account' }).click();
    await page.locator('.email-now').getByText(fresh, { exact: true }).waitFor();
    await page.locator('.email-now').getByText('confirmed', { exact: true }).waitFor();
  });

  it('a link that is only opened, as scanners of mail do, confirms nothing; pressed twice, it says that the address is confirmed', async () => {
    const { page, email, token } = await world().newcomer();
    const link = `${world().url}/verify-email#token=${await world().mailbox.tokenTo(email)}`;
    const isVerified = async (): Promise<boolean> => (await world().api.get('/v1/users/me', { token })).body.emailVerified;
    const confirm = page.getByRole('button', { name: 'Confirm email address' });
    const asked: string[] = [];
    page.on('request', (request) => void asked.push(new URL(request.url()).pathname));
    await page.goto(link);
    await confirm.waitFor();
    await page.waitForLoadState('networkidle');
    expect([asked.filter((path) => path.endsWith('/verify')), await isVerified()]).toEqual([[], false]);
    for (let time = 0; time < 2; time += 1) {
      await page.goto('about:blank');
      await page.goto(link);
      await confirm.click();
      await page.getByText('Your address is confirmed.').waitFor();
      expect(await isVerified()).toBe(true);
    }
  });

  it('a new password signs out every other device, which is told', async () => {
    const { page, username } = await world().newcomer('/password', 'Password');
    const other = await world().again(username);
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password').fill('short');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('At least 10 characters.').and(page.locator('.field-wrong .field-says')).waitFor();
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Your password is changed; every other device was signed out.').waitFor();
    await other.page.reload();
    await other.page.getByText('This device was signed out').waitFor();
    await page.reload();
    await heading(page, 'Password');
    expect([await statusOfLogin(username, PASSWORD), await statusOfLogin(username, NEW_PASSWORD)]).toEqual([401, 200]);
  });

  it('the links of mails work: an address is confirmed, and a forgotten password is replaced', async () => {
    const { mailbox, url } = world();
    const { page, email } = await world().newcomer();
    await page.goto(`${url}/verify-email#token=${await mailbox.tokenTo(email)}`);
    await page.getByRole('button', { name: 'Confirm email address' }).click();
    await page.getByText('Your address is confirmed.').waitFor();
    expect(page.url()).not.toContain('token');
    const { page: elsewhere } = await world().openBrowser();
    await world().open(elsewhere, '/forgot-password', 'Forgotten password');
    await elsewhere.getByLabel('Email').fill(email);
    await elsewhere.getByRole('button', { name: 'Send the link' }).click();
    await elsewhere.getByText('a link is on its way').waitFor();
    await elsewhere.goto(`${url}/reset-password#token=${await mailbox.tokenTo(email, 2)}`);
    await elsewhere.getByLabel('New password').fill(NEW_PASSWORD);
    await elsewhere.getByRole('button', { name: 'Set the new password' }).click();
    await elsewhere.getByText('Sign in with the new one').waitFor();
    await page.goto(`${url}/account`);
    await page.getByText('This device was signed out').waitFor();
  });

  it('a key is shown once, copied, and revoked', async () => {
    const { page } = await world().newcomer('/keys', 'API keys');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Create a key' }).click();
    const dialog = page.getByRole('dialog');
    const found = await world().violations(page);
    await dialog.getByLabel('Name').fill('nightly export');
    await dialog.getByRole('button', { name: 'Create a key' }).click();
    const secret = await page.getByLabel('The key').inputValue();
    expect(secret).toMatch(/^lk_/);
    found.push(...(await world().violations(page)));
    await dialog.getByRole('button', { name: 'Copy' }).click();
    await dialog.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    expect(await page.content()).not.toContain(secret);
    await page.getByRole('button', { name: 'Revoke nightly export' }).click();
    found.push(...(await world().violations(page)));
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('You have no keys.').waitFor();
    expect(found).toEqual([]);
  });

  it('everything that is stored is handed over as a file, and the account is deleted with its password', async () => {
    const { page, username, email } = await world().newcomer('/data', 'Your data');
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()]);
    expect(file.suggestedFilename()).toBe(`likeness-${username}.json`);
    const handedOver = await readFile(await file.path(), 'utf8');
    expect(JSON.parse(handedOver)).toEqual(expect.objectContaining({}));
    for (const known of [username, email, 'Ada Lovelace']) expect(handedOver).toContain(known);
    await page.getByText('The file is in your downloads.').waitFor();
    await page.getByText('nobody can bring it back.').waitFor();
    await page.getByRole('button', { name: 'Delete my account' }).click();
    const dialog = page.getByRole('dialog');
    expect(await world().violations(page)).toEqual([]);
    await dialog.getByLabel('Current password').fill('not my password');
    await dialog.getByRole('button', { name: 'Delete my account' }).click();
    await dialog.getByText('The password is wrong.').waitFor();
    await dialog.getByLabel('Current password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Delete my account' }).click();
    await page.getByText('Your account is deleted.').waitFor();
    expect(await statusOfLogin(username, PASSWORD)).toBe(401);
  });
};
