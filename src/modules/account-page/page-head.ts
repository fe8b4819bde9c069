import type { AppConfig } from '../../kernel/config/index.js';

/** What the page must know before it asks for anything; nothing in it is secret. `web/src/settings.ts` reads it. */
interface PageSettings {
  readonly registration: AppConfig['registration'];
  readonly passwordMinLength: number;
  readonly avatarMaxBytes: number;
  readonly avatarMaxPixels: number;
  readonly avatarAccess: 'public' | 'private';
}

/** What differs from one installation to the next, in the document. */
export interface PageHead {
  /** The path under which the service is reached, without a trailing slash. */
  readonly basePath: string;
  readonly settings: PageSettings;
}

export const pageHead = ({ http, registration, passwordMinLength, avatars }: AppConfig): PageHead => ({
  basePath: new URL(http.publicUrl).pathname.replace(/\/$/, ''),
  settings: { registration, passwordMinLength, avatarMaxBytes: avatars.maxBytes, avatarMaxPixels: avatars.maxPixels, avatarAccess: avatars.access },
});

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };

const attribute = (value: unknown): string => JSON.stringify(value).replace(/[&"<>]/g, (character) => ESCAPES[character]!);

/** The built document with this installation's settings, and its addresses absolute: it is served under many paths. */
export const documentWith = (html: string, { basePath, settings }: PageHead): string =>
  html
    .replaceAll('="./', `="${basePath}/account/`)
    .replace('<meta name="likeness-base" content="">', () => `<meta name="likeness-base" content="${basePath}">`)
    .replace('<meta name="likeness-settings" content="{}">', () => `<meta name="likeness-settings" content="${attribute(settings)}">`);
