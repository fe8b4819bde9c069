import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createTransport } from 'nodemailer';
import pg from 'pg';
import { loadConfig } from './load-config.js';

/** Everything that has to be percent-encoded, and a sequence that would be another text if it were decoded twice. */
const PASSWORD = 'p#/?@:% %41ü';
const WRITTEN = encodeURIComponent(PASSWORD);
const configWith = (settings: Record<string, string>) => loadConfig({ MASTER_KEY: Buffer.alloc(32, 1).toString('base64'), ...settings });

describe('a password in a connection URL is decoded once, by what connects:', () => {
  it('PostgreSQL', () => {
    const { database } = configWith({ DATABASE_URL: `postgres://u:${WRITTEN}@h.example/x` });
    expect(new pg.Client({ connectionString: database.url! }).password).toBe(PASSWORD);
  });

  it('Redis', () => {
    const { redis } = configWith({ REDIS_URL: `redis://u:${WRITTEN}@h.example:6379/0` });
    const client = new Redis((redis as { url: string }).url, { lazyConnect: true });
    expect(client.options.password).toBe(PASSWORD);
  });

  it('SMTP', () => {
    const { mail } = configWith({ SMTP_URL: `smtps://u:${WRITTEN}@h.example` });
    const { options } = createTransport({ url: mail.smtpUrl! }).transporter as unknown as { options: { auth: { pass: string } } };
    expect(options.auth.pass).toBe(PASSWORD);
  });
});
