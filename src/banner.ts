import { join } from 'node:path';
import type { AppConfig } from './kernel/config/index.js';

const REDIS_KINDS = { standalone: 'Redis', sentinel: 'Redis (Sentinel)', cluster: 'Redis Cluster' } as const;

/** What a person wants to know once the service is up: where everything is, which adapters are in use, and what to type next. */
export function banner(config: AppConfig, baseUrl: string): string {
  const redis = config.redis && REDIS_KINDS[config.redis.kind];
  const rows: [string, string][] = [
    ...(config.accountPage ? [['Account', `${baseUrl}/account (in a browser: sign up, choose a picture)`] as [string, string]] : []),
    ['API', `${baseUrl}/v1`],
    ['Reference', `${baseUrl}/docs (OpenAPI: ${baseUrl}/openapi.json)`],
    ['Data', config.dataDir],
    ['Database', config.isEmbedded ? `PostgreSQL, embedded in ${join(config.dataDir, 'postgres')}` : 'PostgreSQL at DATABASE_URL'],
    ['Tokens', redis ?? 'PostgreSQL'],
    ['User cache', redis ?? 'none'],
    ['Events', redis ? `across instances, over ${redis}` : 'in process'],
    ['Pictures', config.storage.kind === 's3' ? 'S3' : join(config.dataDir, 'avatars')],
    ['Mail', config.mail.smtpUrl === null ? join(config.dataDir, 'mail') : 'SMTP'],
  ];
  const body = JSON.stringify({ email: 'ada@example.org', username: 'ada', password: 'seven quiet lighthouses' });
  const first = [`curl -sS ${baseUrl}/v1/auth/register -H 'content-type: application/json' \\`, `  -d '${body}'`];
  const who = config.isEmbedded || (config.environment !== 'production' && config.bootstrapToken === null) ? ' (the first one is the admin)' : '';
  return [
    `Likeness is ready, ${process.uptime().toFixed(1)} s after its start.`,
    ...rows.map(([name, value]) => `  ${name.padEnd(11)} ${value}`),
    ...(config.registration === 'open' ? [`  Register a user${who}:`, ...first.map((line) => `    ${line}`)] : []),
    '',
  ].join('\n');
}
