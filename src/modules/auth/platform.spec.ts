import { describe, expect, it } from '@jest/globals';
import { PLATFORMS, platformClass, type Platform } from './platform.js';

/** Written out from the contract: what one-per-class counts as one. */
const CLASSES = {
  mobile: ['ios', 'android'],
  desktop: ['windows', 'macos', 'linux'],
  tablet: ['ipad', 'androidpad'],
  web: ['web'],
  harmonyos: ['harmonyos'],
  other: ['other'],
} as const satisfies Readonly<Record<string, readonly Platform[]>>;

describe('the classes of platforms', () => {
  it.each(Object.entries(CLASSES))('%s is %p', (name, platforms) => {
    expect(PLATFORMS.filter((platform) => platformClass(platform) === name).sort()).toEqual([...platforms].sort());
  });

  it('have every platform, once', () => {
    expect(Object.values(CLASSES).flat().sort()).toEqual([...PLATFORMS].sort());
  });
});
