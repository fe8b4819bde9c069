// `npm start`: builds what is out of date, then becomes the service, in this very process.
import { buildOrExit } from './build.mjs';

// When npm is killed it cannot tell us; a new parent does.
const parent = process.ppid;
const isOrphaned = () => process.env.npm_lifecycle_event === 'start' && process.ppid !== parent;

await buildOrExit({ ifNeeded: true });
if (isOrphaned()) process.exit(1);
setInterval(() => isOrphaned() && process.kill(process.pid, 'SIGTERM'), 500).unref();

await import('../dist/bundle/main.js');
