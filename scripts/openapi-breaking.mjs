// `npm run openapi:breaking`: openapi.json against that of the last release, docs/api/released.json.gz. A break fails, unless the version
// allows it (another major one, or below 1.0 another minor one) or docs/api/accepted-breaks.json names it with a reason.
// `npm run openapi:release`: openapi.json becomes that of the last release.
import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { verdictOn } from './openapi/verdict.mjs';

const DOCUMENT = new URL('../openapi.json', import.meta.url);
const RELEASED = new URL('../docs/api/released.json.gz', import.meta.url);
const ACCEPTED = new URL('../docs/api/accepted-breaks.json', import.meta.url);

const after = JSON.parse(await readFile(DOCUMENT, 'utf8'));
if (process.argv.includes('--release')) {
  await writeFile(RELEASED, gzipSync(JSON.stringify(after), { level: 9 }));
  await writeFile(ACCEPTED, '[]\n');
  console.log(`openapi.json is that of the release ${after.info.version} now.`);
  process.exit(0);
}

const before = JSON.parse(gunzipSync(await readFile(RELEASED)).toString('utf8'));
const { isAllowed, lines } = verdictOn(before, after, JSON.parse(await readFile(ACCEPTED, 'utf8')));
if (lines.length > 0) console.error(lines.join('\n'));
process.exit(isAllowed ? 0 : 1);
