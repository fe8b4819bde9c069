import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';
import type { Environment } from './settings-reader.js';

const KEY = Buffer.alloc(32, 9).toString('base64');
const PRODUCTION = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/x', REDIS_URL: 'redis://a' };

function faultsOf(environment: Environment): readonly string[] {
  try {
    loadConfig({ MASTER_KEY: KEY, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  let folder: string;
  const load = (environment: Environment = {}) => loadConfig({ MASTER_KEY: KEY, DATA_DIR: folder, ...environment });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'likeness-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('needs nothing: the defaults are those of the contract', () => {
    expect(loadConfig({ DATA_DIR: join(folder, 'defaults') })).toMatchObject({
      environment: 'development',
      http: { host: '127.0.0.1', port: 3000, publicUrl: 'http://localhost:3000', allowedOrigins: [], trustedProxies: [] },
      database: { url: null, migrateOnStart: true },
      redis: null,
      bootstrapToken: null,
      tokens: {
        issuer: 'http://localhost:3000',
        accessTtlSeconds: 900,
        sessionIdleTtlSeconds: 14 * 86_400,
        sessionMaxTtlSeconds: 90 * 86_400,
        refreshGraceSeconds: 10,
        algorithm: 'ES256',
      },
      loginPolicy: { name: 'unlimited', max: 20, onLimit: 'evict' },
      rateLimits: true,
      registration: 'open',
      passwordMinLength: 10,
      avatars: { maxBytes: 10_485_760, maxPixels: 50_000_000, access: 'public', gravatar: false },
      storage: { kind: 'local' },
      mail: { smtpUrl: null },
      metrics: { port: 9464 },
      logLevel: 'info',
    });
  });

  it('names every fault at once, and never a value', () => {
    const secret = 'no-such-value';
    const environment = {
      PORT: secret,
      MASTER_KEY: secret,
      DATABASE_URL: secret,
      REDIS_URL: secret,
      LOGIN_POLICY: secret,
      LOGIN_POLICY_MAX: '0',
      STORAGE: secret,
      ALLOWED_ORIGINS: `https://fine.example,${secret}`,
      TRUSTED_PROXIES: `10.0.0.0/8,${secret}`,
    };
    const faults = faultsOf(environment);
    expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual(Object.keys(environment).sort());
    expect(faults.join()).not.toContain(secret);
  });

  it.each([
    ['LOGIN_POLICY', 'whatever'],
    ['LOGIN_POLICY_MAX', '0'],
    ['LOGIN_POLICY_MAX', '101'],
    ['LOGIN_POLICY_ON_LIMIT', 'ignore'],
    ['LOGIN_POLICY_ROLES', 'admin=whatever'],
    ['LOGIN_POLICY_ROLES', 'admin=unlimited:0'],
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['PORT', '0x10'],
    ['ACCESS_TOKEN_TTL_SECONDS', '0'],
    ['ACCESS_TOKEN_TTL_SECONDS', '-1'],
    ['REFRESH_GRACE_SECONDS', '-1'],
    ['PUBLIC_URL', 'id.example.org'],
    ['PUBLIC_URL', 'https://user:pass@id.example.org'],
    ['PUBLIC_URL', 'https://id.example.org/?q'],
    ['MASTER_KEY', Buffer.alloc(31).toString('base64')],
    ['MASTER_KEY', Buffer.alloc(33).toString('base64')],
    ['MASTER_KEY', '*'.repeat(44)],
    ['REDIS_SENTINELS', 'host:99999'],
    ['REDIS_CLUSTER_NODES', 'redis://host'],
    ['ALLOWED_ORIGINS', 'https://app.example/path'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['DATABASE_URL', 'mysql://db'],
    ['GRAVATAR', 'yes'],
    ['NODE_ENV', 'staging'],
  ])('refuses %s=%s', (name, value) => {
    expect(faultsOf({ [name]: value }).join()).toMatch(new RegExp(`^${name} `));
  });

  it('requires what production needs, all of it named together', () => {
    expect(faultsOf({ NODE_ENV: 'production', MASTER_KEY: '' })).toEqual([
      'DATABASE_URL is required when NODE_ENV is production',
      'MASTER_KEY is required when NODE_ENV is production',
      'PUBLIC_URL is required when NODE_ENV is production',
      'One of REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER_NODES is required when NODE_ENV is production',
    ]);
    expect(faultsOf({ NODE_ENV: 'production', DATABASE_URL: 'postgres://db/x', REDIS_CLUSTER_NODES: 'a:1,b:2', PUBLIC_URL: 'https://id.example.org' })).toEqual([]);
  });

  it.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'http://id.localhost', 'https://id.example.org'])('takes %s for the address of production', (publicUrl) => {
    expect(faultsOf({ ...PRODUCTION, PUBLIC_URL: publicUrl })).toEqual([]);
  });

  it.each(['http://id.example.org', 'http://10.0.0.5:3000', 'http://127.example.org'])('refuses %s in production, because tokens and links would cross the network in the clear', (publicUrl) => {
    expect(faultsOf({ ...PRODUCTION, PUBLIC_URL: publicUrl })).toEqual(['PUBLIC_URL must begin with https:// when NODE_ENV is production, unless it names this machine']);
    expect(faultsOf({ ...PRODUCTION, NODE_ENV: 'development', PUBLIC_URL: publicUrl })).toEqual([]);
  });

  it.each(['DATABASE_URL', 'REDIS_URL', 'SMTP_URL'])('says of %s what has to be percent-encoded, and never shows it', (name) => {
    const scheme = { DATABASE_URL: 'postgres', REDIS_URL: 'redis', SMTP_URL: 'smtp' }[name];
    for (const password of ['pa#ss', '12#ss', 'pa/ss', '12/ss', 'pa?ss', '12?ss', '100%sure', '%zz']) {
      const [fault, ...others] = faultsOf({ [name]: `${scheme}://u:${password}@h.example/x` });
      expect(others).toEqual([]);
      expect(fault).toMatch(new RegExp(`^${name} .*percent-encoded: # as %23, / as %2F, \\? as %3F, @ as %40, % as %25$`));
      expect(fault).not.toContain(password);
      expect(faultsOf({ [name]: `${scheme}://u:${encodeURIComponent(password)}@h.example/x` })).toEqual([]);
    }
    expect(faultsOf({ [name]: 'mysql://h/x' }).join()).toContain('must be a URL that begins with');
  });

  it.each(['no-reply@example.org', 'Example <no-reply@example.org>', '"Example, Inc." <no-reply@example.org>', 'Likeness <no-reply@localhost>', '<no-reply@example.org>'])('takes %s for the sender of mail', (from) => {
    expect(faultsOf({ MAIL_FROM: from })).toEqual([]);
  });

  it.each(['Example', 'no-reply', 'a@b, c@d', 'Example <no-reply>', 'Example <a@b', 'Example <a@b>\r\nBcc: <c@d>'])('refuses %j as the sender of mail', (from) => {
    expect(faultsOf({ MAIL_FROM: from })).toEqual(['MAIL_FROM must be one address, such as Example <no-reply@example.org>']);
  });

  it.each([
    ['two kinds of Redis', { REDIS_URL: 'redis://a', REDIS_CLUSTER_NODES: 'b:1' }, 'Only one of REDIS_URL, REDIS_CLUSTER_NODES may be set'],
    ['sentinels without a name', { REDIS_SENTINELS: 'a:1' }, 'REDIS_SENTINEL_NAME is required with REDIS_SENTINELS'],
    ['the Gravatar protocol with private pictures', { GRAVATAR: 'on', AVATAR_ACCESS: 'private' }, 'GRAVATAR must be off when AVATAR_ACCESS is private'],
    [
      'an idle end after the absolute one',
      { SESSION_IDLE_TTL_SECONDS: '11', SESSION_MAX_TTL_SECONDS: '10' },
      'SESSION_IDLE_TTL_SECONDS must not be greater than SESSION_MAX_TTL_SECONDS',
    ],
  ])('refuses %s', (_name, environment, fault) => {
    expect(faultsOf(environment)).toEqual([fault]);
  });

  it('refuses S3 without its four settings', () => {
    expect(faultsOf({ STORAGE: 's3' })).toHaveLength(4);
  });

  it('reads Redis in its three shapes', () => {
    const options = { username: 'u', password: 'p', tls: true };
    const auth = { REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p', REDIS_TLS: 'on' };
    expect(load({ REDIS_URL: 'rediss://:p@h:1/2' }).redis).toEqual({ kind: 'standalone', url: 'rediss://:p@h:1/2' });
    expect(load({ REDIS_SENTINELS: 's1, [::1]:7', REDIS_SENTINEL_NAME: 'm', ...auth }).redis).toEqual({
      kind: 'sentinel',
      sentinels: [{ host: 's1', port: 26_379 }, { host: '::1', port: 7 }],
      name: 'm',
      options,
    });
    expect(load({ REDIS_CLUSTER_NODES: 'a,b:7', ...auth }).redis).toEqual({ kind: 'cluster', nodes: [{ host: 'a', port: 6_379 }, { host: 'b', port: 7 }], options });
  });

  it('reads whom to trust when Redis speaks TLS, from a bundle with its comments too', () => {
    const [one, other] = rootCertificates as [string, string];
    const tlsCa = `${one}\n${other}`;
    const REDIS_TLS_CA = `subject=one\n${one}\nsubject=other\n${other.replaceAll('\n', '\\n')}`;
    expect(load({ REDIS_URL: 'rediss://h', REDIS_TLS_CA }).redis).toEqual({ kind: 'standalone', url: 'rediss://h', tlsCa });
    const sentinels = { REDIS_SENTINELS: 'a:7', REDIS_SENTINEL_NAME: 'm' };
    for (const kind of [{ REDIS_CLUSTER_NODES: 'a:7' }, sentinels]) expect(load({ ...kind, REDIS_TLS: 'on', REDIS_TLS_CA }).redis).toMatchObject({ options: { tls: true, tlsCa } });
  });

  it('refuses an authority that is none, or that nothing would ask', () => {
    const [REDIS_TLS_CA] = rootCertificates;
    for (const pem of ['PEM', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----']) {
      expect(faultsOf({ REDIS_URL: 'rediss://h', REDIS_TLS_CA: pem })).toEqual(['REDIS_TLS_CA must be certificates in PEM']);
    }
    for (const plain of [{ REDIS_URL: 'redis://h' }, { REDIS_URL: 'redis://h', REDIS_TLS: 'on' }, { REDIS_CLUSTER_NODES: 'a:7' }, {}]) {
      expect(faultsOf({ ...plain, REDIS_TLS_CA })).toEqual(['REDIS_TLS_CA needs REDIS_URL with rediss:// or REDIS_TLS on']);
    }
  });

  it('takes empty for unset, and trims', () => {
    expect(load({ PORT: ' 4000 ', DATABASE_URL: '  ', PUBLIC_URL: '' }).http).toMatchObject({ port: 4000, publicUrl: 'http://localhost:4000' });
  });

  it.each([
    ['0.0.0.0', 'http://localhost:3000'],
    ['::', 'http://localhost:3000'],
    ['127.0.0.1', 'http://localhost:3000'],
    ['::1', 'http://localhost:3000'],
    ['127.0.0.2', 'http://127.0.0.2:3000'],
    ['id.internal', 'http://id.internal:3000'],
  ])('makes the public URL for host %s', (host, url) => {
    expect(load({ HOST: host }).http.publicUrl).toBe(url);
  });

  it('takes every name of this machine for its own, until it is told its address', () => {
    expect(load({}).http.ownOrigins).toEqual(['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000']);
    expect(load({ HOST: 'id.internal' }).http.ownOrigins).toEqual(['http://id.internal:3000']);
    expect(load({ PUBLIC_URL: 'http://localhost:3000/accounts' }).http.ownOrigins).toEqual(['http://localhost:3000']);
  });

  it('takes the trailing slash off the public URL, and the issuer from it', () => {
    expect(load({ PUBLIC_URL: 'https://id.example.org/accounts/' })).toMatchObject({
      http: { publicUrl: 'https://id.example.org/accounts' },
      tokens: { issuer: 'https://id.example.org/accounts', audience: 'https://id.example.org/accounts' },
    });
  });

  it('gives roles a policy of their own', () => {
    const { loginPolicyByRole } = load({ LOGIN_POLICY_MAX: '7', LOGIN_POLICY_ROLES: 'admin=single:deny, kiosk=unlimited:50' });
    expect([...loginPolicyByRole]).toEqual([
      ['admin', { name: 'single', max: 7, onLimit: 'deny' }],
      ['kiosk', { name: 'unlimited', max: 50, onLimit: 'evict' }],
    ]);
  });

  it('is frozen through and through', () => {
    const config = load({ ALLOWED_ORIGINS: 'https://a.example' });
    expect([config, config.http, config.http.allowedOrigins, config.tokens].every(Object.isFrozen)).toBe(true);
  });

  describe('a secret', () => {
    it('may come from a file', () => {
      const path = join(folder, 'secret');
      writeFileSync(path, 'postgres://user:pass@db/likeness\n');
      expect(load({ DATABASE_URL_FILE: path }).database.url).toBe('postgres://user:pass@db/likeness');
    });

    it('may not come from both', () => {
      expect(faultsOf({ BOOTSTRAP_TOKEN: 'a', BOOTSTRAP_TOKEN_FILE: '/nowhere' })).toEqual(['BOOTSTRAP_TOKEN and BOOTSTRAP_TOKEN_FILE are both set; use one']);
    });

    it('in a file that is missing or empty is a fault', () => {
      const empty = join(folder, 'empty');
      writeFileSync(empty, ' \n');
      expect(faultsOf({ SMTP_URL_FILE: join(folder, 'missing'), REDIS_PASSWORD_FILE: empty })).toEqual([
        'REDIS_PASSWORD_FILE names an empty file',
        'SMTP_URL_FILE names a file that cannot be read (ENOENT)',
      ]);
    });

    it('is the only kind of setting that files are read for', () => {
      expect(load({ PORT_FILE: '/nowhere' }).http.port).toBe(3000);
    });
  });

  describe('the master key', () => {
    it('is made once, kept for the owner alone, and found again', () => {
      const dataDir = join(folder, 'kept');
      const first = loadConfig({ DATA_DIR: dataDir }).masterKey;
      expect(first).toHaveLength(32);
      expect(loadConfig({ DATA_DIR: dataDir }).masterKey).toEqual(first);
      expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(dataDir, 'master.key'), 'utf8').trim()).toBe(first.toString('base64'));
      expect(loadConfig({ DATA_DIR: join(folder, 'another') }).masterKey).not.toEqual(first);
    });

    it('that is kept but damaged stops the boot rather than being replaced', () => {
      const dataDir = join(folder, 'damaged');
      loadConfig({ DATA_DIR: dataDir });
      writeFileSync(join(dataDir, 'master.key'), 'c2hvcnQ=');
      expect(() => loadConfig({ DATA_DIR: dataDir })).toThrow(/MASTER_KEY in .* is not 32 bytes/);
      expect(readFileSync(join(dataDir, 'master.key'), 'utf8')).toBe('c2hvcnQ=');
    });

    it('is not made while anything else is wrong', () => {
      const dataDir = join(folder, 'never');
      expect(() => loadConfig({ DATA_DIR: dataDir, PORT: 'x' })).toThrow(ConfigError);
      expect(statSync(dataDir, { throwIfNoEntry: false })).toBeUndefined();
    });

    it('is taken in either base64 alphabet', () => {
      const key = Buffer.alloc(32, 0xfb);
      expect(load({ MASTER_KEY: key.toString('base64url') }).masterKey).toEqual(key);
    });
  });
});
