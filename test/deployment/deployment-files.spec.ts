import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { SETTINGS } from '../../src/kernel/config/settings.js';
import type { Setting } from '../../src/kernel/config/setting.js';

const read = (file: string): string => readFileSync(new URL(`../../docker/${file}`, import.meta.url), 'utf8');
const settings: readonly [string, Setting<unknown>][] = Object.entries(SETTINGS);
const secrets = settings.filter(([, { secret }]) => secret).map(([name]) => name);
/** Each as it may stand in an environment. */
const variables = new Set([...settings.map(([name]) => name), ...secrets.map((name) => `${name}_FILE`)]);
/** Not the service's own: what it runs on reads them. */
const ofTheLibraries = new Set(['MALLOC_ARENA_MAX']);
const values = JSON.parse(read('helm/likeness/values.schema.json')) as {
  properties: Record<'settings' | 'secretKeys', { propertyNames: { enum: string[] } }>;
};

/** Where each file names variables of the service. */
const NAMED: readonly [string, RegExp][] = [
  ['Dockerfile', /(?:ENV|\s)([A-Z][A-Z0-9_]+)=/g],
  ['likeness.service', /^Environment=([A-Z0-9_]+)=/gm],
  ['compose.yaml', /^ {6}([A-Z][A-Z0-9_]+): .*(?:run\/secrets\/(?!postgres)|PUBLIC_URL)/gm],
  ['helm/likeness/templates/deployment.yaml', /- name: ([A-Z][A-Z0-9_]+)$/gm],
  ['helm/likeness/templates/migrate-job.yaml', /- name: ([A-Z][A-Z0-9_]+)$/gm],
  ['helm/likeness/values.yaml', /^#? {2}([A-Z][A-Z0-9_]+): /gm],
];

describe('the files of docker/', () => {
  it.each(NAMED)('name settings that there are (%s)', (file, pattern) => {
    const names = [...read(file).matchAll(pattern)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => !variables.has(name) && !ofTheLibraries.has(name))).toEqual([]);
  });

  it('let the chart take every setting, in one way each: set by itself, given as a value, or named as a secret', () => {
    const own = [...read('helm/likeness/templates/deployment.yaml').matchAll(NAMED[3]![1])].map(([, name]) => name!);
    // A pod of a Deployment keeps no name; metrics are served wherever the API is.
    const left = ['INSTANCE_NAME', 'METRICS_HOST'];
    const given = values.properties.settings.propertyNames.enum;
    expect([...own, ...left, ...given, ...secrets].sort()).toEqual(settings.map(([name]) => name).sort());
    expect(values.properties.secretKeys.propertyNames.enum).toEqual(secrets);
  });

  it('give an instance more time to end than it takes', () => {
    const seconds = (file: string, pattern: RegExp): number => Number(pattern.exec(read(file))![1]);
    const limit = Number(SETTINGS.SHUTDOWN_LIMIT_SECONDS.default);
    const drain = seconds('Dockerfile', /SHUTDOWN_DRAIN_SECONDS=(\d+)/);
    expect(seconds('compose.yaml', /stop_grace_period: (\d+)s/)).toBeGreaterThan(drain + limit);
    expect(seconds('likeness.service', /TimeoutStopSec=(\d+)/)).toBeGreaterThan(seconds('likeness.service', /SHUTDOWN_DRAIN_SECONDS=(\d+)/) + limit);
    expect(read('helm/likeness/templates/deployment.yaml')).toContain('{{ add .Values.shutdown.drainSeconds .Values.shutdown.limitSeconds 5 }}');
  });
});

describe('memory that glibc keeps for threads', () => {
  const start = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { scripts: { start: string } }).scripts.start;
  /** What `npm start` would hand to Node, which is a shell here. */
  const handed = (env: Record<string, string>): string => execFileSync('sh', ['-c', start.replace(/node .*/, `sh -c 'echo "$MALLOC_ARENA_MAX"'`)], { encoding: 'utf8', env: { PATH: process.env.PATH, ...env } }).trim();

  it('is bounded in the image, under systemd and by npm start, where nothing else is said', () => {
    expect(read('Dockerfile')).toMatch(/^ENV .*\bMALLOC_ARENA_MAX=2$/m);
    expect(read('likeness.service')).toMatch(/^Environment=MALLOC_ARENA_MAX=2$/m);
    expect([handed({}), handed({ MALLOC_ARENA_MAX: '4' })]).toEqual(['2', '4']);
  });
});

describe('the list of components', () => {
  interface Bom {
    readonly metadata: { readonly component: { readonly 'bom-ref': string } };
    readonly components: readonly { readonly name: string; readonly 'bom-ref': string; readonly hashes: readonly object[] }[];
    readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  }
  const bom = JSON.parse(execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/sbom.mjs', import.meta.url))], { encoding: 'utf8', maxBuffer: 1 << 26 })) as Bom;
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
  const names = new Set(bom.components.map(({ name }) => name));

  it('has every package that the service asks for, and no other that only its tests do', () => {
    expect(Object.keys(manifest.dependencies).filter((name) => !names.has(name))).toEqual([]);
    expect(['jest', 'eslint', 'vite', '@swc/core', 'playwright-core'].filter((name) => names.has(name) || !(name in manifest.devDependencies))).toEqual([]);
  });

  it('has nothing that nothing needs, and the hash of each', () => {
    const dependsOn = new Map(bom.dependencies.map((each) => [each.ref, each.dependsOn]));
    const reached = new Set<string>();
    const reach = (ref: string): void => {
      if (reached.has(ref)) return;
      reached.add(ref);
      for (const next of dependsOn.get(ref)!) reach(next);
    };
    reach(bom.metadata.component['bom-ref']);
    expect(bom.components.filter((component) => !reached.has(component['bom-ref']) || component.hashes.length === 0).map(({ name }) => name)).toEqual([]);
  });
});
