import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { documentedInstallation, renderChart, type Manifest } from './chart.js';
import { configReport } from './config-check.js';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
/** What the image itself sets. */
const imageEnvironment = (): Record<string, string> => Object.fromEntries([...read('docker/Dockerfile').matchAll(/^ENV (.*)$/gm)].flatMap(([, line]) => [...line!.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name!, value!])));
const adapters = (more: object): object => ({ valid: true, faults: [], warnings: expect.any(Array), adapters: expect.objectContaining({ database: 'PostgreSQL at DATABASE_URL', tokens: 'Redis', masterKey: 'given', ...more }) });

describe('the documented installation of the chart', () => {
  const { kubectl, helm } = documentedInstallation();
  const secret = Object.fromEntries(kubectl.filter((argument) => argument.startsWith('--from-literal=')).map((argument) => argument.slice('--from-literal='.length).split(/=(.*)/s) as [string, string]));
  const { manifests, fault } = renderChart(helm.slice(helm.indexOf('docker/helm/likeness') + 1));
  const find = (kind: string): Manifest => manifests.find((each) => each.kind === kind)!;

  it('can be rendered, and names an image, not one that nobody publishes', () => {
    expect(fault).toBe('');
    expect(helm.slice(0, 3)).toEqual(['install', 'id', 'docker/helm/likeness']);
    expect(find('Deployment').spec.template.spec.containers[0].image).toMatch(/^registry\.example\.org\/likeness:/);
  });

  it.each(['Deployment', 'Job'])('gives its %s settings with which the service starts, and secrets that there are', (kind) => {
    const { containers, volumes } = find(kind).spec.template.spec;
    const [mounted] = volumes.flatMap((volume) => volume.secret ?? []);
    expect(kubectl.slice(0, 4)).toEqual(['create', 'secret', 'generic', mounted!.secretName]);
    expect(mounted!.items.filter(({ key }) => !(key in secret))).toEqual([]);
    const files = Object.fromEntries(mounted!.items.map(({ key, path }) => [`/run/secrets/likeness/${path}`, secret[key]!]));
    const environment = { ...imageEnvironment(), ...Object.fromEntries(containers[0].env.map(({ name, value }) => [name, value])) };
    expect(configReport(environment, files)).toEqual(adapters({ pictures: 'S3', mail: 'SMTP' }));
  });
});

describe('the chart', () => {
  const given = ['--set', 'image.repository=likeness', '--set', 'existingSecret=likeness', '--set', 'settings.PUBLIC_URL=https://id.example.org'];
  const set = (...values: string[]): string[] => values.flatMap((value) => ['--set', value]);
  const strategyWith = (...values: string[]): string | undefined => renderChart([...given, ...set(...values)]).manifests.find(({ kind }) => kind === 'Deployment')?.spec.strategy?.type;
  const onDisk = ['persistence.enabled=true', 'replicaCount=1'];

  it.each([
    ['ReadWriteOnce', onDisk],
    ['ReadWriteOncePod', onDisk],
    ['ReadWriteOnce', [...onDisk, 'persistence.existingClaim=mine']],
  ])('ends the old pod before it starts the new one where the volume is %s', (mode, values) => {
    expect(strategyWith(...values, `persistence.accessModes={${mode}}`)).toBe('Recreate');
  });

  it.each([
    ['pictures are in a bucket', ['settings.STORAGE=s3']],
    ['all pods may write to the volume', ['persistence.enabled=true']],
  ])('starts the new pod first where %s', (_where, values) => {
    expect(strategyWith(...values)).toBe('RollingUpdate');
  });

  it.each([
    ['an image that is not named', ['image.repository=', 'settings.STORAGE=s3'], 'name it by image.repository'],
    ['pictures that go with the pod', [], 'set settings.STORAGE to s3, or persistence.enabled'],
    ['two pods on a volume for one', ['persistence.enabled=true', 'persistence.accessModes={ReadWriteOnce}'], 'or set replicaCount to 1'],
    ['an autoscaler on a volume for one', [...onDisk, 'persistence.accessModes={ReadWriteOnce}', 'autoscaling.enabled=true'], 'or set replicaCount to 1'],
  ])('refuses %s, and says what to do', (_what, values, words) => {
    expect(renderChart([...given, ...set(...values)]).fault).toContain(words);
  });
});

describe('the other files of docker/', () => {
  it('give the service of compose.yaml settings with which it starts, from the secrets that make-secrets.sh makes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'likeness-compose-'));
    cpSync(new URL('../../docker/make-secrets.sh', import.meta.url), join(folder, 'make-secrets.sh'));
    expect(spawnSync('sh', [join(folder, 'make-secrets.sh')]).status).toBe(0);
    const { services, secrets } = parse(read('docker/compose.yaml')) as { services: { likeness: { environment: Record<string, string>; secrets: string[] } }; secrets: Record<string, { file: string }> };
    const { environment, secrets: mounted } = services.likeness;
    const files = Object.fromEntries(mounted.map((name) => [`/run/secrets/${name}`, readFileSync(join(folder, secrets[name]!.file), 'utf8')]));
    const unset = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{\w+:-([^}]*)\}/, '$1')]));
    rmSync(folder, { recursive: true });
    expect(configReport({ ...imageEnvironment(), ...unset }, files)).toEqual(adapters({ pictures: 'files in the data folder' }));
  });

  it('give the unit of systemd settings with which the service starts, with the documented file of settings', () => {
    const pairs = (text: string): [string, string][] => [...text.matchAll(/^(?:Environment=)?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name!, value!]);
    const [, documented = ''] = /^### systemd$[^]*?^```ini\n([^]*?)^```$/m.exec(read('docs/deploy.md')) ?? [];
    const unit = read('docker/likeness.service');
    const credentials = [...unit.matchAll(/^LoadCredential=(\w+):/gm)].map(([, name]) => name!);
    const contents: Record<string, string> = { database_url: 'postgres://likeness:password@127.0.0.1/likeness', redis_url: 'redis://127.0.0.1:6379', master_key: Buffer.alloc(32, 1).toString('base64') };
    const files = Object.fromEntries(credentials.map((name) => [`%d/${name}`, contents[name]!]));
    expect(documented).toContain('PUBLIC_URL=https://');
    expect(configReport(Object.fromEntries([...pairs(unit), ...pairs(documented)]), files)).toEqual(adapters({}));
  });
});
