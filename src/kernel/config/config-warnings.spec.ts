import { describe, expect, it } from '@jest/globals';
import { configWarnings } from './config-warnings.js';

describe('warnings about the settings', () => {
  it.each([
    ['LOGIN_POLCY', 'LOGIN_POLCY is not a setting. Did you mean LOGIN_POLICY?'],
    ['PUBLC_URL', 'PUBLC_URL is not a setting. Did you mean PUBLIC_URL?'],
    ['AVATAR_MAX_SIZE', 'AVATAR_MAX_SIZE is not a setting'],
    ['SMTP_HOST', 'SMTP_HOST is not a setting'],
    ['REDIS_TLS_FILE', 'REDIS_TLS_FILE is not read: only secrets can come from a file'],
  ])('name %s, which looks like a setting, and not its value', (name, warning) => {
    const warnings = configWarnings({ [name]: 'hunter2' });
    expect(warnings).toEqual([warning]);
  });

  it.each(['LOGIN_POLICY', 'MASTER_KEY_FILE', 'PATH', 'HOME', 'NODE_OPTIONS', 'OTEL_PROPAGATORS', 'LOG_DIR', 'KUBERNETES_SERVICE_HOST', 'REDIS_PORT_6379_TCP', 'REDIS_SERVICE_HOST', 'TEST_REDIS_URL', 'npm_lifecycle_event', 'DATA'])('say nothing of %s', (name) => {
    expect(configWarnings({ [name]: 'x' })).toEqual([]);
  });

  it('say in production what seldom is meant: no mail, open registration, no trusted proxies', () => {
    const names = (environment: Record<string, string>): string[] => configWarnings({ NODE_ENV: 'production', ...environment }).map((warning) => warning.split(' ')[0]!);
    expect(names({})).toEqual(['SMTP_URL', 'REGISTRATION', 'TRUSTED_PROXIES']);
    expect(names({ SMTP_URL_FILE: '/run/smtp', REGISTRATION: 'open', TRUSTED_PROXIES: '10.0.0.0/8' })).toEqual(['MAIL_FROM']);
    expect(names({ SMTP_URL: 'smtp://h', MAIL_FROM: 'a@b', REGISTRATION: 'closed', TRUSTED_PROXIES: '::1' })).toEqual([]);
    expect(configWarnings({})).toEqual([]);
  });
});
