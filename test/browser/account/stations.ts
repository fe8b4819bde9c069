import type { Page } from 'playwright-core';
import { heading, PASSWORD, type AccountWorld, type BrowserOptions, type SignedIn } from './account-world.js';
import { GREEN, painted } from './painted.js';
import { choose } from './picture.flows.js';
import { ADMINS, OWN, settled, STRANGERS, type ViewOf } from './views.js';

type Language = 1 | 2;
/** Names of views, and what is made of each. */
export type Look = (page: Page, station: string) => Promise<readonly string[]>;

const LONG_NAME = 'Alexandra Konstantinopoulou-Featherstonehaugh';

/** Every view with every state that is laid out in a way of its own: forms that were refused, dialogs, what opens and closes. */
export class Stations {
  readonly found: string[] = [];

  constructor(
    private readonly world: AccountWorld,
    private readonly language: Language,
    private readonly options: BrowserOptions,
    private readonly look: Look,
  ) {}

  async all(): Promise<string[]> {
    const person = await this.world.newcomer('', OWN[0]![this.language], this.options);
    await this.world.api.patch('/v1/users/me', { displayName: LONG_NAME }, { token: person.token });
    await this.stranger();
    await this.profile(person);
    await this.picture(person);
    await this.access(person);
    await this.keys(person);
    await this.data(person);
    await this.administration(person);
    return this.found;
  }

  private async at(page: Page, station: string): Promise<void> {
    this.found.push(...(await this.look(page, station)).map((fault) => `${station}: ${fault}`));
  }

  private async open(page: Page, view: ViewOf): Promise<void> {
    await this.world.open(page, view[0], view[this.language]);
    await settled(page);
  }

  /** A dialog that a button opens, and closes again by Escape. */
  private async dialog(page: Page, station: string, opener: string): Promise<void> {
    await page.locator(opener).first().click();
    await page.getByRole('dialog').waitFor();
    await this.at(page, station);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  private async refused(page: Page, station: string): Promise<void> {
    await page.locator('form button[type=submit]').first().click();
    await page.locator('.alert-danger, .field-wrong').first().waitFor();
    await this.at(page, station);
  }

  private async stranger(): Promise<void> {
    const { page } = await this.world.openBrowser(this.options);
    for (const view of STRANGERS) {
      await this.open(page, view);
      await this.at(page, `stranger${view[0] || '/sign-in'}`.replace(/#.*/, ' with a token'));
    }
    await this.open(page, ['', STRANGERS[0]![1], STRANGERS[0]![2]]);
    await page.locator('input[name=identifier]').fill('nobody');
    await page.locator('input[name=password]').fill('not a password of anybody');
    await this.refused(page, 'sign-in refused');
    await this.open(page, STRANGERS[1]!);
    for (const [name, value] of [['email', 'admin@example.test'], ['username', 'x'], ['password', 'short']] as const) await page.locator(`input[name=${name}]`).fill(value);
    await page.locator('summary').click();
    await this.refused(page, 'sign-up refused');
    await this.open(page, STRANGERS[2]!);
    await page.locator('input[name=email]').fill('somebody.with.a.long.address@mail.example.test');
    await page.locator('form button[type=submit]').click();
    await page.locator('.alert-success').waitFor();
    await this.at(page, 'forgot-password sent');
    await this.open(page, ['/reset-password#token=lx_1', STRANGERS[3]![1], STRANGERS[3]![2]]);
    await page.locator('input[name=newPassword]').fill('eleven quiet lighthouses');
    await this.refused(page, 'reset-password invalid');
  }

  private async profile({ page }: SignedIn): Promise<void> {
    for (const view of OWN) {
      await this.open(page, view);
      await this.at(page, `own${view[0] || '/profile'}`);
    }
    await this.open(page, OWN[0]!);
    await page.locator('input[name=username]').fill('x');
    await page.locator('.email-now ~ .actions button, .alert + .actions button').last().click();
    await page.locator('input[name=email]').waitFor();
    await this.refused(page, 'profile refused, email form open');
    await this.dialog(page, 'unsaved changes', '.nav a:not([aria-current])');
  }

  private async picture({ page }: SignedIn): Promise<void> {
    await page.goto('about:blank');
    await this.open(page, OWN[1]!);
    await choose(page, await painted(500, 400, GREEN));
    await page.locator('input[name=zoom]').waitFor();
    await this.at(page, 'crop');
    await page.locator('.editor .button-primary').click();
    await page.locator('.alert-success').waitFor();
    await this.at(page, 'picture chosen');
    await this.dialog(page, 'remove picture', '.picture-now button');
    await choose(page, Buffer.from('not a picture at all'));
    await page.locator('.alert-danger').waitFor();
    await this.at(page, 'picture refused');
    await choose(page, (await painted(300, 300, GREEN)).subarray(0, 60));
    await page.locator('.editor .alert-danger').waitFor();
    await this.at(page, 'picture broken');
  }

  private async access({ page, username }: SignedIn): Promise<void> {
    await this.world.api.post('/v1/auth/login', { identifier: username, password: PASSWORD, platform: 'ios', deviceName: 'The telephone of Alexandra in the kitchen' });
    await this.open(page, OWN[3]!);
    await page.locator('.rows > li').nth(1).waitFor();
    await this.at(page, 'two devices');
    await this.dialog(page, 'end a device', '.row .button');
    await this.dialog(page, 'end all other devices', '.card > .actions .button');
    await this.open(page, OWN[2]!);
    await page.locator('input[name=currentPassword]').fill('not my password');
    await page.locator('input[name=newPassword]').fill('short');
    await this.refused(page, 'password refused');
    await page.goto('about:blank');
  }

  private async keys({ page }: SignedIn): Promise<void> {
    await this.open(page, OWN[4]!);
    await page.locator('.card > .actions .button').click();
    const dialog = page.getByRole('dialog');
    await this.at(page, 'new key');
    await dialog.locator('input[name=name]').fill('nightly export of the whole directory to the warehouse');
    for (const scope of ['users:write', 'avatars:write']) await dialog.locator(`input[name="${scope}"]`).check();
    await dialog.locator('button[type=submit]').click();
    await dialog.locator('.secret-text').waitFor();
    await this.at(page, 'secret of a key');
    await dialog.locator('.actions .button').click();
    await page.locator('.rows > li').waitFor();
    await this.at(page, 'one key');
    await this.dialog(page, 'revoke a key', '.row .button');
  }

  private async data({ page }: SignedIn): Promise<void> {
    await this.open(page, OWN[5]!);
    await this.dialog(page, 'delete the account', '.card-danger .button');
  }

  private async administration({ id }: SignedIn): Promise<void> {
    const { page } = await this.world.again('admin', '', OWN[0]![this.language], this.options);
    for (const view of [...ADMINS, [`/admin/users/${id}`, LONG_NAME, LONG_NAME] as const]) {
      await this.open(page, view);
      await this.at(page, `admin${view[0].replace(id, 'id')}`);
    }
    await page.locator('.row .button').first().waitFor();
    await this.dialog(page, 'end sessions of a user', '.row .button');
    await page.locator('input[name=roles]').fill('Editor!');
    await this.refused(page, 'roles refused');
    await page.goto('about:blank');
    await this.open(page, ADMINS[0]!);
    await page.locator('input[name=q]').fill('nobody has this name');
    await page.locator('.empty').waitFor();
    await this.at(page, 'no users found');
    await this.open(page, [`/admin/users`, ADMINS[0]![1], ADMINS[0]![2]]);
    await heading(page, ADMINS[0]![this.language]);
  }
}
