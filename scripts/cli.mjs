// `npm run cli -- …`: builds what is out of date, quietly, then becomes the command line, in this very process.
import { buildOrExit } from './build.mjs';

// The standard output is the command's own: what the build says goes to the standard error.
console.log = console.error;
await buildOrExit({ ifNeeded: true, out: process.stderr });
await import('../dist/bundle/cli.js');
