// Keeps what V8 makes of dist/bundle/program.cjs beside it. Of use to the very version of Node that runs this: in an image, its own.
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('../dist/bundle/program.compiled', import.meta.url));
const { compileProgram, evaluateProgram } = await import('../dist/bundle/load-program.js');

const script = compileProgram();
await evaluateProgram(script).warmUp();
// What has been called by now is kept with its byte code; the rest is compiled when it is first called, as ever.
writeFileSync(`${FILE}.${process.pid}`, script.createCachedData());
renameSync(`${FILE}.${process.pid}`, FILE);
process.exit(0);
