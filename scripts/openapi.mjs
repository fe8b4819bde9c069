// Writes openapi.json from the build, or with --check fails when the committed file says something else.
import { readFile, writeFile } from 'node:fs/promises';

const file = new URL('../openapi.json', import.meta.url);
const { previewDocument } = await import('../dist/app/index.js').catch((error) => {
  console.error(`${error.message}\nBuild first: npm run build`);
  process.exit(1);
});
const fresh = `${JSON.stringify(await previewDocument(), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  await writeFile(file, fresh);
  process.exit(0);
}
const committed = await readFile(file, 'utf8').catch(() => '');
if (committed === fresh) process.exit(0);
const before = committed.split('\n');
const after = fresh.split('\n');
const at = after.findIndex((line, index) => line !== before[index]);
console.error(`openapi.json is not what the code says. First difference, line ${at + 1}:\n- ${before[at] ?? '(end)'}\n+ ${after[at] ?? '(end)'}\nRun: npm run openapi`);
process.exit(1);
