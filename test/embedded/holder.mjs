// Runs an embedded PostgreSQL in a process of its own, to be killed: says `up <postmaster> <url>` or `refused <why>`.
import { EmbeddedPostgres } from '../../dist/embedded/index.js';

try {
  const server = await EmbeddedPostgres.start({ folder: process.argv[2] });
  console.log(`up ${server.pid} ${server.url}`);
  process.on('SIGTERM', () => void server.stop().then(() => process.exit(0)));
  setInterval(() => undefined, 60_000);
} catch (error) {
  console.log(`refused ${error.name}: ${error.message}`);
  process.exit(3);
}
