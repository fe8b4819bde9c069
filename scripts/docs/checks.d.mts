import type { Page } from './page.mjs';

export interface Facts {
  readonly pages: ReadonlyMap<string, Page>;
  readonly exists: (path: string) => boolean;
  readonly fileNames: ReadonlySet<string>;
  readonly scripts: ReadonlySet<string>;
  readonly program: object;
  readonly settings: readonly string[];
  readonly variables: ReadonlySet<string>;
  readonly codes: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
  readonly operations: ReadonlySet<string>;
}

export function faultsOf(facts: Facts): string[];
export function gapsOf(facts: Pick<Facts, 'pages' | 'settings' | 'codes'>): string[];
