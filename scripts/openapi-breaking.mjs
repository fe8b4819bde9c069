// `npm run openapi:breaking`: openapi.json against that of the last release, docs/api/released.json.gz. A break fails, unless the version
// allows it (another major one, or below 1.0 another minor one) or docs/api/accepted-breaks.json names it with a reason.
// `npm run openapi:release`: openapi.json becomes that of the last release.
import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { breakingChanges } from './openapi/breaking-changes.mjs';

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
const accepted = JSON.parse(await readFile(ACCEPTED, 'utf8'));
const unexplained = accepted.filter(({ where, what, reason }) => !where || !what || !reason);
if (unexplained.length > 0) {
  console.error(`docs/api/accepted-breaks.json: each entry needs where, what and reason:\n${unexplained.map((entry) => `- ${JSON.stringify(entry)}`).join('\n')}`);
  process.exit(1);
}

const isAccepted = (change) => accepted.some(({ where, what }) => where === change.where && what === change.what);
const breaks = breakingChanges(before, after).filter((change) => !isAccepted(change));
if (breaks.length === 0) process.exit(0);

/** What a version promises to keep: its major number, below 1.0 its minor too. */
const promiseOf = (version) => {
  const [major, minor] = version.split('.');
  return major === '0' ? `0.${minor}` : major;
};
const mayBreak = promiseOf(before.info.version) !== promiseOf(after.info.version);
console.error(`Against the release ${before.info.version}, openapi.json breaks clients:\n${breaks.map(({ where, what }) => `- ${where}: ${what}`).join('\n')}`);
if (mayBreak) console.error(`${after.info.version} may: say so in CHANGELOG.md.`);
else console.error('Keep what was promised; or change the version; or, with a reason, put it into docs/api/accepted-breaks.json.');
process.exit(mayBreak ? 0 : 1);
