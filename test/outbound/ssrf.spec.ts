import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isIPv6 } from 'node:net';
import { OutboundGate, type Resolver } from '../../src/kernel/outbound/index.js';
import { PublicAddresses } from '../../src/kernel/outbound/public-addresses.js';
import { PictureFetcher } from '../../src/modules/avatars/import/picture-fetcher.js';
import { WebhookSender } from '../../src/modules/webhooks/sending/webhook-sender.js';
import { HostileRemote } from '../kit/hostile-remote.js';

/** IANA IPv4 Special-Purpose Address Registry, each of its entries, and multicast (RFC 5771). Written out here: the table of the code is what is tested. */
const SPECIAL_IPV4 = [
  ...['0.0.0.0/8', '0.0.0.0/32', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.0.0/29', '192.0.0.8/32', '192.0.0.9/32', '192.0.0.10/32'],
  ...['192.0.0.170/32', '192.0.0.171/32', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.88.99.2/32', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32'],
];
/** IANA IPv6 Special-Purpose Address Registry, site-local addresses (RFC 3879) and multicast. */
const SPECIAL_IPV6 = [
  ...['::1/128', '::/128', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '100:0:0:1::/64', '2001::/23', '2001::/32', '2001:1::1/128', '2001:1::2/128', '2001:1::3/128', '2001:2::/48'],
  ...['2001:3::/32', '2001:4:112::/48', '2001:10::/28', '2001:20::/28', '2001:30::/28', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
];
const PUBLIC = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.0.3.0'],
  ...['192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0', '223.255.255.255'],
  ...['2000::1', '2001:200::1', '2001:db7:ffff::1', '2001:db9::1', '2003::1', '2606:4700::1', '2620:4f:7fff::1', '2620:4f:8001::1', '2a00:1450::1', '3fff:1000::1'],
];

const bigOf = (address: string): bigint => {
  if (!isIPv6(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail = ''] = address.split('::') as [string, string?];
  const [front, back] = [head, tail].map((half) => (half === '' ? [] : half.split(':')));
  return [...front!, ...Array<string>(8 - front!.length - back!.length).fill('0'), ...back!].reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n);
};
const ipv4Of = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
const ipv6Of = (value: bigint): string => Array.from({ length: 8 }, (_none, at) => ((value >> BigInt(112 - 16 * at)) & 65_535n).toString(16)).join(':');
/** The first address of a network, one in its midst, and the last. */
const membersOf = (network: string): string[] => {
  const [address, bits] = network.split('/') as [string, string];
  const isV6 = isIPv6(address);
  const [first, size] = [bigOf(address), 1n << BigInt((isV6 ? 128 : 32) - Number(bits))];
  return [...new Set([first, first + size / 2n, first + size - 1n])].map(isV6 ? ipv6Of : ipv4Of);
};

describe('addresses that requests of ours may reach', () => {
  const addresses = new PublicAddresses([]);

  it.each([...SPECIAL_IPV4, ...SPECIAL_IPV6])('are none of %s', (network) => {
    for (const address of membersOf(network)) expect([address, addresses.admits(address)]).toEqual([address, false]);
  });

  it.each(PUBLIC)('are public ones, such as %s', (address) => {
    expect(addresses.admits(address)).toBe(true);
  });

  it('are none that carry a special IPv4 address inside', () => {
    for (const address of SPECIAL_IPV4.flatMap(membersOf)) {
      const value = bigOf(address);
      const hex = `${(value >> 16n).toString(16)}:${(value & 65_535n).toString(16)}`;
      for (const carrier of [`::ffff:${address}`, `::ffff:${hex}`, `::${hex}`, `::ffff:0:${hex}`, `64:ff9b::${hex}`, `64:ff9b:1::${hex}`, `2002:${hex}::1`, `2001:0:${hex}::1`]) {
        expect([carrier, addresses.admits(carrier)]).toEqual([carrier, false]);
      }
    }
  });
});

/** How an address inside may be written so that somebody takes it for something else. */
const spellings = (address: string): string[] => {
  const value = bigOf(address);
  const parts = address.split('.').map(Number) as [number, number, number, number];
  const [a, b, c, d] = parts;
  const octal = parts.map((part) => `0${part.toString(8)}`);
  const hex = parts.map((part) => `0x${part.toString(16)}`);
  const [high, low] = [(value >> 16n).toString(16), (value & 65_535n).toString(16)];
  return [
    address, `${address}.`, String(value), `0x${value.toString(16)}`, `0X${value.toString(16).toUpperCase()}`, `0${value.toString(8)}`, octal.join('.'), hex.join('.'), `${octal[0]}.${hex[1]}.${c}.${d}`,
    `${a}.${b}.${c * 256 + d}`, `${a}.${(b * 256 + c) * 256 + d}`, `${hex[0]}.${(b * 256 + c) * 256 + d}`, parts.map((part) => String(part).padStart(3, '0')).join('.').replace(/^0+(?=\d)/, ''),
    `0x00000000${value.toString(16)}`, parts.map((part) => `0000${part.toString(8)}`).join('.'),
    address.replaceAll('.', '%2e'), address.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))), address.replaceAll('.', '。'), address.replaceAll('.', '．'), address.replace(/\d/g, (digit) => (digit === '0' ? digit : String.fromCharCode(0x2460 + Number(digit) - 1))),
    `[::ffff:${address}]`, `[::ffff:${high}:${low}]`, `[0:0:0:0:0:ffff:${high}:${low}]`, `[0000:0000:0000:0000:0000:FFFF:${address}]`, `[::${address}]`, `[::${high}:${low}]`, `[::ffff:0:${address}]`,
    `[64:ff9b::${address}]`, `[64:ff9b::${high}:${low}]`, `[64:ff9b:1::${address}]`, `[2002:${high}:${low}::]`, `[2002:${high}:${low}::1]`, `[2001:0:${high}:${low}::]`, `[fe80::5efe:${address}]`,
    `[::ffff:${address}%25lo]`, `[fe80::${high}:${low}%25eth0]`, `example.org@${address}`, `example.org%40${address}`, `example.org:pw@${address}`, `@${address}`, `:@${address}`, `${address}\\@example.org`, `${address}#@example.org`,
    `${address}\t`, ` ${address}`, `${address}%00.example.org`, `${address}%0d%0ahost:%20example.org`,
  ];
};
const INSIDE = ['127.0.0.1', '169.254.169.254', '10.0.0.1', '192.168.1.1', '100.100.100.200', '0.0.0.0'];
const NAMES = ['localhost', 'localhost.', 'LOCALHOST', 'a.localhost', 'ip6-localhost', 'metadata.google.internal', '127.0.0.1.nip.io', 'spoofed.example', 'xn--nxasmq6b.example', 'a.b.c.d.e.f.example', '①②⑦.⓪.⓪.①.example'];

describe('attempts to have the service ask where nobody outside can', () => {
  let inside: HostileRemote;
  beforeAll(async () => {
    inside = await HostileRemote.start({ isSpokenTo: false });
    inside.behave = (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret');
  });
  afterAll(() => inside.stop());

  /** Whatever the name, it is on this machine: the worst that a resolver can say. */
  const here: Resolver = (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
  const rules = { allowedNetworks: [], isHttpAllowed: true, maxBytes: 1_000 };

  const attempts = (port: number): string[] => [
    ...INSIDE.flatMap(spellings).map((host) => `http://${host}:${port}/`),
    ...INSIDE.flatMap(spellings).map((host) => `http:\\\\${host}:${port}\\`),
    ...NAMES.map((host) => `http://${host}:${port}/`),
    ...['ftp', 'file', 'gopher', 'dict', 'ldap', 'data', 'javascript', 'ws', 'unix', 'HTTP+unix', 'blob', 'jar', 'tftp', 'netdoc'].map((scheme) => `${scheme}://127.0.0.1:${port}/`),
    ...['//127.0.0.1/', '/etc/passwd', '127.0.0.1', 'http:127.0.0.1', 'http:/127.0.0.1', 'http:///127.0.0.1', 'http://', 'http://[', 'http://[]', 'http://[::', 'https://127.0.0.1', ' http://127.0.0.1 ', 'h\nttp://127.0.0.1/', 'http://127.0.0.1:0x50/', 'http://127.0.0.1:99999/', ''],
  ];

  it('never reach a server that is there, whatever they are written like', async () => {
    const urls = attempts(inside.port);
    expect(urls.length).toBeGreaterThanOrEqual(237);
    const [fetcher, sender] = [new PictureFetcher(rules, here), new WebhookSender(rules, here)];
    for (const url of urls) {
      const fetched = await fetcher.fetch(url).then((bytes) => bytes.toString(), (error: { code: string }) => error.code);
      expect([url, fetched]).toEqual([url, expect.stringMatching(/^(request\.invalid|avatar\.import_failed)$/)]);
      expect([url, await sender.send({ url, body: '{}', headers: {} })]).toEqual([url, { status: null, error: 'address_refused' }]);
    }
    expect(inside.connections).toBe(0);
  });

  it('never reach one that a name leads to, in whichever company its address comes', async () => {
    const specials = [...SPECIAL_IPV4, ...SPECIAL_IPV6].flatMap(membersOf);
    const familyOf = (address: string): number => (isIPv6(address) ? 6 : 4);
    for (const address of specials) {
      const gate = new OutboundGate(rules, (_host, _options, done) => done(null, [address, '93.184.216.34', address].map((each) => ({ address: each, family: familyOf(each) }))));
      const found = await new Promise((resolve) => gate.lookup('name.example', { all: true }, (error, all) => resolve(error ?? all)));
      expect([address, found]).toEqual([address, [{ address: '93.184.216.34', family: 4 }]]);
      const alone = new OutboundGate(rules, (_host, _options, done) => done(null, [{ address, family: familyOf(address) }]));
      const refused = await new Promise((resolve) => alone.lookup('name.example', {}, (error) => resolve(error)));
      expect([address, refused]).toEqual([address, expect.objectContaining({ code: 'ADDRESS_REFUSED' })]);
    }
  });

  it('never reach one that an answer leads to', async () => {
    const outside = await HostileRemote.start({ host: '127.0.0.2' });
    const fetcher = new PictureFetcher({ ...rules, allowedNetworks: ['127.0.0.2'] }, (_host, _options, done) => done(null, [{ address: '127.0.0.2', family: 4 }]));
    for (const status of [201, 300, 301, 302, 303, 304, 305, 307, 308]) {
      for (const header of ['location', 'content-location', 'refresh', 'alt-svc', 'link']) {
        outside.behave = (socket) => void socket.end(`HTTP/1.1 ${status} Elsewhere\r\n${header}: http://127.0.0.1:${inside.port}/\r\ncontent-length: 0\r\n\r\n`);
        await expect(fetcher.fetch(`http://outside.example:${outside.port}/`)).rejects.toMatchObject({ code: 'avatar.import_failed' });
      }
    }
    expect(inside.connections).toBe(0);
    await outside.stop();
  });
});
