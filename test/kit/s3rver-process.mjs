// A small S3 server in a process of its own, to be killed and paused: `node s3rver-process.mjs <folder> <port>`. It goes when its parent does.
import { createRequire } from 'node:module';

const S3rver = createRequire(import.meta.url)('s3rver');
const [directory, port] = process.argv.slice(2);
await new S3rver({ port: Number(port), address: '127.0.0.1', silent: true, directory, configureBuckets: [{ name: 'likeness' }] }).run();
process.on('disconnect', () => process.exit());
process.send('ready');
