import type { LoginPolicy } from '../../../kernel/config/index.js';
import { PLATFORMS, platformClass, type Platform } from '../platform.js';

/** Which sessions compete with a login for its place: those on these platforms, of which `limit` may live. */
export interface LoginScope {
  readonly rivals: readonly Platform[];
  readonly limit: number;
}

const samePlatform = (platform: Platform): readonly Platform[] => [platform];
const isDesktop = (platform: Platform): boolean => platformClass(platform) === 'desktop';

/** The login policies of guarantees §3 as one rule: what a login from `platform` must share its place with. */
export const loginScope = (policy: LoginPolicy, platform: Platform): LoginScope => {
  switch (policy.name) {
    case 'unlimited':
      return { rivals: samePlatform(platform), limit: policy.max };
    case 'one-per-platform':
      return { rivals: samePlatform(platform), limit: 1 };
    case 'one-per-class':
      return { rivals: PLATFORMS.filter((other) => platformClass(other) === platformClass(platform)), limit: 1 };
    case 'desktop-and-one-other':
      return { rivals: isDesktop(platform) ? [] : PLATFORMS.filter((other) => !isDesktop(other)), limit: 1 };
    case 'single':
      return { rivals: PLATFORMS, limit: 1 };
  }
};
