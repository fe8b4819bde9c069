import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { heading, PASSWORD, type AccountWorld, type BrowserOptions, type Human } from './account-world.js';
import { painted, GREEN } from './painted.js';
import { choose } from './picture.flows.js';
import { ADMINS, OWN, settled, STRANGERS, type ViewOf } from './views.js';

/** The page's texts by their keys, as they stand in the source. */
const messagesOf = (language: 'en' | 'zh'): Map<string, string> => {
  const source = ['', 'administration.'].map((part) => readFileSync(new URL(`../../../web/src/i18n/messages/${part}${language}.ts`, import.meta.url), 'utf8')).join('');
  return new Map([...source.matchAll(/^ {2}'([\w.:]+)': '(.*)',$/gm)].map(([, key, text]) => [key!, text!]));
};

/** All that a person reads or is read to. */
const WORDS = `[document.title, document.body.innerText, ...[...document.querySelectorAll('[aria-label], [title]')].flatMap((node) => [node.ariaLabel, node.title])].filter(Boolean).join('\\n')`;

/** Whatever can be pressed and is smaller than 24 pixels; a link in a line of text may be (WCAG 2.2, 2.5.8). */
const SMALL = `[...document.querySelectorAll('a, button, input, select, summary, [role=application]')]
  .filter((node) => !node.closest('.unseen, .skip') && node.checkVisibility() && getComputedStyle(node).display !== 'inline')
  .map((node) => [node, (node.closest('label.check, .field-frame') ?? node).getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 24 || height < 24)
  .map(([node, { width, height }]) => node.outerHTML.slice(0, 100) + ' ' + Math.round(width) + '×' + Math.round(height))`;

export const wholePageFlows = (world: () => AccountWorld): void => {
  /** Each view of a stranger, of a person and of an admin, with what was found there. */
  const tour = async (language: 1 | 2, options: BrowserOptions, look: (page: Page) => Promise<readonly string[]>): Promise<string[]> => {
    const found: string[] = [];
    const visit = async ({ page }: Human, views: readonly ViewOf[]): Promise<void> => {
      for (const entry of views) {
        await world().open(page, entry[0], entry[language]);
        await settled(page);
        found.push(...(await look(page)).map((fault) => `${entry[0] || '/'}: ${fault}`));
      }
    };
    const { id, ...person } = await world().newcomer('', OWN[0]![language], options);
    await choosePicture(person.page, OWN[1]![language]);
    found.push(...(await look(person.page)));
    await visit(person, OWN);
    await visit(await world().again('admin', '', OWN[0]![language], options), [...ADMINS, [`/admin/users/${id}`, 'Ada Lovelace', 'Ada Lovelace']]);
    await visit(await world().openBrowser(options), STRANGERS);
    return found;
  };
  const choosePicture = async (page: Page, title: string): Promise<void> => {
    await world().open(page, '/picture', title);
    await choose(page, await painted(400, 400, GREEN));
    await page.locator('input[name=zoom]').waitFor();
  };

  it.each(['light', 'dark'] as const)('axe finds nothing on any view, %s', async (colorScheme) => {
    expect(await tour(1, { colorScheme }, (page) => world().violations(page))).toEqual([]);
  });

  it('it speaks Chinese from end to end, and goes on doing so', async () => {
    const { page } = await world().openBrowser();
    await world().open(page, '', 'Sign in');
    await page.getByLabel('Language').selectOption('zh');
    await heading(page, '登录');
    await page.reload();
    await heading(page, '登录');
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-Hans');
    const [en, zh] = [messagesOf('en'), messagesOf('zh')];
    expect(en.size).toBeGreaterThan(200);
    expect([...zh.keys()]).toEqual([...en.keys()]);
    const spoken = new Set(zh.values());
    // Between the values; what both languages share is no English.
    const english = [...en.values()].filter((text) => !spoken.has(text)).flatMap((text) => text.split(/\{\w+\}/)).map((text) => text.trim()).filter((text) => /^[A-Z].{3}/.test(text) || text.split(' ').length > 2);
    const said = await tour(2, { locale: 'zh-CN' }, async (visited) => {
      const words = await visited.evaluate<string>(WORDS);
      return english.filter((text) => words.split('\n').some((line) => line.startsWith(text) || (text.includes(' ') && line.includes(text))));
    });
    expect(said).toEqual([]);
  });

  it('on a phone of 360 pixels nothing is wider than the screen, and everything can be hit with a finger', async () => {
    const phone: BrowserOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const look = async (page: Page): Promise<string[]> => {
      const width = await page.evaluate<number>('document.scrollingElement.scrollWidth');
      return [...(width > 360 ? [`${width} pixels wide`] : []), ...(await page.evaluate<string[]>(SMALL))];
    };
    expect(await tour(1, phone, look)).toEqual([]);
  });

  it('nothing jumps while a view loads', async () => {
    const watch = (human: Human): Promise<unknown> =>
      human.page.addInitScript(`{
        window.jumps = [];
        new PerformanceObserver((list) => {
          for (const { value, sources } of list.getEntries()) window.jumps.push(value.toFixed(4) + ' ' + sources.map(({ node }) => node?.nodeName + '.' + node?.className).join(' '));
        }).observe({ type: 'layout-shift', buffered: true });
      }`);
    const found: string[] = [];
    const { id, ...person } = await world().newcomer();
    const admin = await world().again('admin');
    for (const [human, views] of [[person, OWN], [admin, [...ADMINS, [`/admin/users/${id}`, 'Ada Lovelace', '']]]] as const) {
      await watch(human);
      // Slowly, so that every state before the last is painted.
      await human.page.route('**/v1/**', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await route.continue();
      });
      for (const [view, title] of views) {
        await world().open(human.page, view, title);
        await settled(human.page);
        await human.page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
        found.push(...(await human.page.evaluate<string[]>('window.jumps')).map((jump) => `${view}: ${jump}`));
      }
      await human.page.unrouteAll({ behavior: 'ignoreErrors' });
    }
    expect(found).toEqual([]);
  });

  it('the keyboard alone is enough from signing up over the picture to signing out', async () => {
    const { page } = await world().openBrowser();
    const focused = (): Promise<string> => page.evaluate(`(() => { const node = document.activeElement; return (node.name || node.getAttribute('aria-label') || node.textContent || '').trim(); })()`);
    const tabTo = async (name: string, key = 'Tab'): Promise<void> => {
      const passed: string[] = [];
      do {
        await page.keyboard.press(key);
        passed.push(await focused());
      } while (passed.at(-1) !== name && passed.length < 30);
      expect(passed.at(-1)).toBe(name);
      expect(await page.evaluate(`document.activeElement.matches(':focus-visible')`)).toBe(true);
    };
    const buffer = await painted(300, 300, GREEN);
    // The dialog is the system's: it is answered in its place.
    page.on('filechooser', (chooser) => void chooser.setFiles({ name: 'me.png', mimeType: 'image/png', buffer }));
    await world().open(page, '', 'Sign in');
    await tabTo('Create account');
    await page.keyboard.press('Enter');
    await heading(page, 'Create your account');
    for (const [name, value] of [['email', 'keys@example.test'], ['username', 'keys'], ['displayName', 'Only Keys'], ['password', PASSWORD]] as const) {
      await tabTo(name);
      await page.keyboard.type(value);
    }
    await page.keyboard.press('Enter');
    await heading(page, 'Picture');
    await tabTo('Choose a picture');
    await page.keyboard.press('Enter');
    await page.getByLabel('Zoom').waitFor();
    await tabTo('zoom');
    await page.keyboard.press('ArrowRight');
    await tabTo('Use this picture');
    await page.keyboard.press('Enter');
    await page.getByText('The new picture is shown everywhere.').waitFor();
    await tabTo('Sign out', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByText('You are signed out.').waitFor();
  });
};
