const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

const first = (names: readonly (readonly [RegExp, string])[], agent: string): string | undefined => names.find(([pattern]) => pattern.test(agent))?.[1];

/** What the list of devices calls this one, such as `Firefox · Linux`. */
export const deviceName = (agent = navigator.userAgent): string => [first(BROWSERS, agent), first(SYSTEMS, agent)].filter(Boolean).join(' · ') || 'Browser';
