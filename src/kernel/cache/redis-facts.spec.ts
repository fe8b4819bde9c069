import { describe, expect, it } from '@jest/globals';
import { fillInWords, isNearlyFull, parseRedisFacts } from './redis-facts.js';

const info = (version: string, policy = 'noeviction', aof = '1'): string =>
  `# Server\r\nredis_version:${version}\r\nredis_mode:standalone\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n# Persistence\r\naof_enabled:${aof}\r\n`;

describe('what INFO says', () => {
  it.each([['7.0.15', true], ['7.2.4', true], ['8.0.1', true], ['10.0.0', true], ['6.2.14', false], ['', false]])('takes version %s: %s', (version, isSupported) => {
    expect(parseRedisFacts(info(version))).toMatchObject({ version, isSupported });
  });

  it('tells how keys may be lost', () => {
    expect(parseRedisFacts(info('7.0.0', 'allkeys-lru', '0'))).toMatchObject({ evictionPolicy: 'allkeys-lru', appendOnly: false });
  });

  it('tells how full it is, where it has a limit', () => {
    const facts = parseRedisFacts('used_memory:85983232\r\nmaxmemory:104857600\r\n');
    expect([fillInWords(facts), isNearlyFull(facts)]).toEqual(['82 % of maxmemory used (82.0 MiB of 100.0 MiB)', true]);
    const boundless = parseRedisFacts('used_memory:85983232\r\nmaxmemory:0\r\n');
    expect([fillInWords(boundless), isNearlyFull(boundless)]).toEqual(['82.0 MiB used, no maxmemory', false]);
  });
});
