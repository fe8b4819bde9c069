// Writes the table of settings into README.md from the build, or with --check fails when the file says something else.
import { readFile, writeFile } from 'node:fs/promises';

const file = new URL('../README.md', import.meta.url);
const { SETTINGS } = await import('../dist/kernel/config/index.js').catch((error) => {
  console.error(`${error.message}\nBuild first: npm run build`);
  process.exit(1);
});

const cell = (text) => text.replaceAll('|', '\\|');
const valueOf = ({ default: fallback, example }) => (fallback !== undefined ? `\`${fallback}\`` : example !== undefined ? `unset (such as \`${cell(example)}\`)` : 'unset');
const rows = Object.entries(SETTINGS).map(([name, setting]) => `| \`${name}\`${setting.secret ? ' (or `_FILE`)' : ''} | ${valueOf(setting)} | ${cell(setting.description)} |`);
const table = ['| variable | default | what it is |', '|---|---|---|', ...rows].join('\n');

const readme = await readFile(file, 'utf8');
const fresh = readme.replace(/(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/, (_all, start, end) => `${start}${table}\n${end}`);
if (fresh === readme) process.exit(0);
if (process.argv.includes('--check')) {
  console.error('The table of settings in README.md is not what the code says. Run: npm run settings');
  process.exit(1);
}
await writeFile(file, fresh);
