import { describe, expect, it } from '@jest/globals';
import type { LoginPolicy } from '../../../kernel/config/index.js';
import type { Platform } from '../platform.js';
import { decideLogin, type LoginDecision } from './postgres-victim-selection.js';

const policy = (name: LoginPolicy['name'], overrides: Partial<LoginPolicy> = {}): LoginPolicy => ({ name, max: 2, onLimit: 'evict', ...overrides });

/** Oldest first; each session is named by its platform and its place. */
const sessions = (...platforms: Platform[]): { id: string; platform: Platform }[] => platforms.map((platform, place) => ({ id: `${platform}-${place}`, platform }));

const admitted = (...victims: string[]): LoginDecision => ({ outcome: 'admitted', victims: victims.map((id) => ({ id, platform: id.split('-')[0] as Platform })) });

describe('the login decision', () => {
  it('admits the first session under every policy', () => {
    for (const name of ['unlimited', 'one-per-platform', 'one-per-class', 'desktop-and-one-other', 'single'] as const) {
      expect(decideLogin([], 'web', policy(name, { max: 1, onLimit: 'deny' }))).toEqual(admitted());
    }
  });

  it('lets the oldest of the platform go when unlimited has reached its number', () => {
    expect(decideLogin(sessions('web', 'ios', 'web'), 'web', policy('unlimited'))).toEqual(admitted('web-0'));
    expect(decideLogin(sessions('web', 'ios', 'web'), 'ios', policy('unlimited'))).toEqual(admitted());
  });

  it('lets several go, oldest first, when the number was lowered', () => {
    expect(decideLogin(sessions('web', 'web', 'ios', 'web', 'web'), 'web', policy('unlimited'))).toEqual(admitted('web-0', 'web-1', 'web-3'));
  });

  it('keeps platforms apart, or classes', () => {
    const live = sessions('ios', 'windows', 'ipad');
    expect(decideLogin(live, 'android', policy('one-per-platform'))).toEqual(admitted());
    expect(decideLogin(live, 'android', policy('one-per-class'))).toEqual(admitted('ios-0'));
    expect(decideLogin(live, 'linux', policy('one-per-class'))).toEqual(admitted('windows-1'));
    expect(decideLogin(live, 'androidpad', policy('one-per-class'))).toEqual(admitted('ipad-2'));
  });

  it('leaves desktops alone beside one other', () => {
    const live = sessions('windows', 'web', 'linux');
    expect(decideLogin(live, 'macos', policy('desktop-and-one-other'))).toEqual(admitted());
    expect(decideLogin(live, 'ios', policy('desktop-and-one-other'))).toEqual(admitted('web-1'));
  });

  it('lets all others go for a single one', () => {
    expect(decideLogin(sessions('windows', 'web'), 'ios', policy('single'))).toEqual(admitted('windows-0', 'web-1'));
  });

  it('denies what would take a place, when told to, and only that', () => {
    expect(decideLogin(sessions('web'), 'web', policy('one-per-platform', { onLimit: 'deny' }))).toEqual({ outcome: 'denied' });
    expect(decideLogin(sessions('web'), 'ios', policy('one-per-platform', { onLimit: 'deny' }))).toEqual(admitted());
  });

  it('never lets a user have more than 100, whatever the policy says', () => {
    const hundred = sessions(...Array<Platform>(100).fill('windows'));
    expect(decideLogin(hundred.slice(1), 'linux', policy('desktop-and-one-other'))).toEqual(admitted());
    expect(decideLogin(hundred, 'linux', policy('desktop-and-one-other'))).toEqual(admitted('windows-0'));
    expect(decideLogin(hundred, 'linux', policy('desktop-and-one-other', { onLimit: 'deny' }))).toEqual({ outcome: 'denied' });
  });

  it('takes nobody for the cap whom the policy has not left', () => {
    const live = sessions(...Array<Platform>(99).fill('windows'), 'web');
    expect(decideLogin(live, 'ios', policy('desktop-and-one-other'))).toEqual(admitted('web-99'));
  });
});
