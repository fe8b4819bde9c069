// `npm run openapi:lint`: openapi.json against Redocly's and Spectral's recommended rules and OWASP's, without any network.
// What is switched off has its reason beside it, in .redocly.yaml and .spectral.yaml.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = 'openapi.json';
const require = createRequire(import.meta.url);

/** The file behind a package's command. */
const binOf = (name, command) => {
  const file = require.resolve(`${name}/package.json`);
  return join(dirname(file), require(file).bin[command]);
};

const LINTERS = [
  { name: 'Redocly', file: binOf('@redocly/cli', 'redocly'), args: ['lint', DOCUMENT, '--config', '.redocly.yaml'] },
  { name: 'Spectral', file: binOf('@stoplight/spectral-cli', 'spectral'), args: ['lint', DOCUMENT, '--ruleset', '.spectral.yaml', '--fail-severity', 'warn'] },
];

const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' };

async function lint({ name, file, args }) {
  const child = spawn(process.execPath, [file, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  if (code !== 0) console.error(`${name}:\n${output}`);
  return code;
}

const codes = await Promise.all(LINTERS.map(lint));
process.exit(codes.some((code) => code !== 0) ? 1 : 0);
