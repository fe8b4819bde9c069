import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import semver from 'semver';

interface LockedPackage {
  readonly name?: string;
  readonly version: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly os?: readonly string[];
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
}

const ROOT = new URL('../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');
const FOLDER = 'node_modules/';
const { engines, allowScripts } = JSON.parse(read('package.json')) as { readonly engines: { readonly node: string }; readonly allowScripts: Readonly<Record<string, boolean>> };
const { packages } = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, LockedPackage>> };
const installed = Object.entries(packages).filter(([path]) => path !== '');
/** As far as they are for a system that the service runs on. */
const isForUs = ({ os = ['linux'] }: LockedPackage): boolean => os.includes('linux') || os.includes('darwin');

describe('the packages of package-lock.json', () => {
  it('run on every version of Node that our engines name', () => {
    const demanding = installed.filter(([, each]) => isForUs(each) && !semver.subset(engines.node, each.engines?.node ?? '*'));
    expect(demanding.filter(([, { dev }]) => !dev).map(([path, each]) => `${path} ${each.engines!.node}`)).toEqual([]);
    // Tools may leave out a version between two lines. On the oldest and the newest they are silent too.
    for (const version of ['20.19.0', '22.13.0', '24.11.0']) {
      expect(semver.satisfies(version, engines.node)).toBe(true);
      expect(demanding.filter(([, each]) => !semver.satisfies(version, each.engines!.node!)).map(([path]) => path)).toEqual([]);
    }
  });

  it('report nothing at their installation: the reporter is an empty package', () => {
    const reporters = installed.filter(([path]) => /(?:^|\/)node_modules\/@scarf\//.test(path));
    expect(reporters.length).toBeGreaterThan(0);
    expect(reporters.filter(([, { name, hasInstallScript }]) => name !== 'empty-npm-package' || hasInstallScript)).toEqual([]);
    expect(reporters.filter(([path]) => existsSync(new URL(`${path}/report.js`, ROOT)))).toEqual([]);
  });

  it('run no install script: each that has one is known, and denied by name', () => {
    const names = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path.slice(path.lastIndexOf(FOLDER) + FOLDER.length));
    expect(Object.fromEntries(names.sort().map((name) => [name, false]))).toEqual(allowScripts);
  });

  it('name no registry', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });
});
