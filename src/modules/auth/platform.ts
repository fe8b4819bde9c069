export const PLATFORMS = ['web', 'ios', 'android', 'windows', 'macos', 'linux', 'ipad', 'androidpad', 'harmonyos', 'other'] as const;
export type Platform = (typeof PLATFORMS)[number];

export const PLATFORM_CLASSES = ['mobile', 'desktop', 'tablet', 'web', 'harmonyos', 'other'] as const;
export type PlatformClass = (typeof PLATFORM_CLASSES)[number];

const CLASS_OF: Readonly<Record<Platform, PlatformClass>> = {
  ios: 'mobile',
  android: 'mobile',
  windows: 'desktop',
  macos: 'desktop',
  linux: 'desktop',
  ipad: 'tablet',
  androidpad: 'tablet',
  web: 'web',
  harmonyos: 'harmonyos',
  other: 'other',
};

export const platformClass = (platform: Platform): PlatformClass => CLASS_OF[platform];
