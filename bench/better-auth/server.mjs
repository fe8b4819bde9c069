// Better Auth as its documentation sets it up for production: PostgreSQL, sessions in Redis (secondary storage), no cookie cache, no limits.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { Redis } from 'ioredis';
import pg from 'pg';

const redis = new Redis(process.env.REDIS_URL);
const port = Number(process.env.PORT);
const options = {
  baseURL: `http://127.0.0.1:${port}`,
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  secondaryStorage: {
    get: (key) => redis.get(key),
    set: async (key, value, ttl) => void (ttl ? await redis.set(key, value, 'EX', ttl) : await redis.set(key, value)),
    delete: async (key) => void (await redis.del(key)),
  },
};
await (await getMigrations(options)).runMigrations();
const { version } = JSON.parse(readFileSync(new URL('node_modules/better-auth/package.json', import.meta.url), 'utf8'));
createServer(toNodeHandler(betterAuth(options))).listen(port, '127.0.0.1', () => console.log(`ready ${version}`));
