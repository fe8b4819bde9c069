/** What the service says of itself in the document (`src/modules/account-page/page-head.ts`). */
interface PageSettings {
  readonly registration: 'open' | 'closed';
  readonly passwordMinLength: number;
  readonly avatarMaxBytes: number;
  readonly avatarMaxPixels: number;
  readonly avatarAccess: 'public' | 'private';
}

const metaContent = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

/** The path under which the service is reached, without a trailing slash. */
export const basePath = metaContent('likeness-base');

export const settings: PageSettings = {
  registration: 'open',
  passwordMinLength: 10,
  avatarMaxBytes: 10_485_760,
  avatarMaxPixels: 50_000_000,
  avatarAccess: 'public',
  ...(JSON.parse(metaContent('likeness-settings') || '{}') as Partial<PageSettings>),
};

/** On this page's own origin, whatever name of the machine stands in the address bar. */
export const ownAddress = (url: string): string => {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
};
