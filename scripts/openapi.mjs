// Writes openapi.json and docs/problems.md from the build, or with --check fails when a committed file says something else.
import { readFile, writeFile } from 'node:fs/promises';

const { previewDocument, problemsPage } = await import('../dist/app/index.js').catch((error) => {
  console.error(`${error.message}\nBuild first: npm run build`);
  process.exit(1);
});
const FRESH = { 'openapi.json': `${JSON.stringify(await previewDocument(), null, 2)}\n`, 'docs/problems.md': problemsPage() };

let code = 0;
for (const [name, fresh] of Object.entries(FRESH)) {
  const file = new URL(`../${name}`, import.meta.url);
  if (!process.argv.includes('--check')) {
    await writeFile(file, fresh);
    continue;
  }
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed === fresh) continue;
  const before = committed.split('\n');
  const after = fresh.split('\n');
  const at = after.findIndex((line, index) => line !== before[index]);
  console.error(`${name} is not what the code says. First difference, line ${at + 1}:\n- ${before[at] ?? '(end)'}\n+ ${after[at] ?? '(end)'}\nRun: npm run openapi`);
  code = 1;
}
process.exit(code);
