// `npm start`: builds what is out of date, then becomes the service, in this very process.
import { buildOrExit } from './build.mjs';

await buildOrExit({ ifNeeded: true });

// When npm is killed it cannot tell us; a new parent does.
const parent = process.ppid;
if (process.env.npm_lifecycle_event === 'start') {
  setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGTERM'), 500).unref();
}

await import('../dist/main.js');
