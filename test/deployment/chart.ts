import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { helmBinary } from '../../scripts/helm-binary.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHART = 'docker/helm/likeness';

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

interface SecretItem {
  readonly key: string;
  readonly path: string;
}

export interface Manifest {
  readonly kind: string;
  readonly spec: {
    readonly strategy?: { readonly type: string };
    readonly template: {
      readonly spec: { readonly containers: readonly [Container]; readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string; readonly items: readonly SecretItem[] } }[] };
    };
  };
}

/** What `helm template` makes of the chart, or what it says against the values. */
export function renderChart(options: readonly string[]): { readonly manifests: readonly Manifest[]; readonly fault: string } {
  const { status, stdout, stderr } = spawnSync(helmBinary(), ['template', 'id', CHART, ...options], { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: tmpdir() } });
  if (status !== 0) return { manifests: [], fault: stderr };
  return { manifests: parseAllDocuments(stdout).map((document) => document.toJS() as Manifest), fault: '' };
}

/** Each command of the page by its program, with the arguments that a shell makes of it. */
export function documentedInstallation(): Readonly<Record<'kubectl' | 'helm', readonly string[]>> {
  const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const [, block = ''] = /^### Kubernetes$[^]*?^```sh\n([^]*?)^```$/m.exec(page) ?? [];
  const record = `'${process.execPath}' -p 'JSON.stringify(process.argv.slice(1))' -- "$FUNCNAME" "$@"`;
  const stubs = `openssl() { '${process.execPath}' -p 'crypto.randomBytes(32).toString("base64")'; }\ndocker() { :; }\nkubectl() { ${record}; }\nhelm() { ${record}; }\n`;
  const { stdout, stderr, status } = spawnSync('bash', ['-eu'], { input: stubs + block, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as [string, ...string[]]);
  return Object.fromEntries(lines.map(([program, ...args]) => [program, args])) as unknown as Readonly<Record<'kubectl' | 'helm', readonly string[]>>;
}
