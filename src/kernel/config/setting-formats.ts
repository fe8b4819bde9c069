import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { LOGIN_POLICIES, type GivenSigningKey, type HostPort, type LoginPolicy, type LoginPolicyName } from './app-config.js';
import { parseInteger, SettingFault } from './setting.js';

export const MASTER_KEY_BYTES = 32;

/** More live sessions than this no user has, whatever the policy (guarantees §3); tokens issued by an admin are not among them. */
export const MAX_SESSIONS_PER_USER = 100;

/** 32 bytes in base64 or base64url, padded or not. */
export const parseMasterKey = (raw: string): Buffer => {
  const fault = new SettingFault('must be 32 bytes in base64 (openssl rand -base64 32)');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(raw)) throw fault;
  const key = Buffer.from(raw, 'base64');
  if (key.length !== MASTER_KEY_BYTES) throw fault;
  return key;
};

/** `host:port`, `[v6]:port`, or a host alone with the usual port. */
export const parseHostPort =
  (usualPort: number) =>
  (raw: string): HostPort => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/.exec(raw);
    const host = match?.[1] ?? match?.[2];
    const port = match?.[3] === undefined ? usualPort : Number(match[3]);
    if (host === undefined || port < 1 || port > 65_535) throw new SettingFault('must be a list of host:port, separated by commas');
    return { host, port };
  };

/** An origin as browsers send it (RFC 6454 §6.2): scheme, host and, if not the usual one, port. */
export const parseOrigin = (raw: string): string => {
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === raw.toLowerCase().replace(/\/$/, '')) return url.origin;
  throw new SettingFault('must be a list of origins such as https://app.example.org, separated by commas');
};

/** An address or a CIDR block. */
export const parseNetwork = (raw: string): string => {
  const [address = '', prefix, ...rest] = raw.split('/');
  const family = isIP(address);
  const bits = prefix === undefined ? 0 : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  const isValid = family !== 0 && rest.length === 0 && bits >= 0 && bits <= (family === 4 ? 32 : 128);
  if (!isValid) throw new SettingFault('must be a list of IP addresses or CIDR blocks, separated by commas');
  // What the runtime itself would refuse later is refused here.
  if (prefix !== undefined) new BlockList().addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  return raw;
};

/** `role=policy[:max][:evict|deny]`; what is left out is taken from the general policy. */
export interface RolePolicy extends Partial<Omit<LoginPolicy, 'name'>> {
  readonly role: string;
  readonly name: LoginPolicyName;
}

export const parseRolePolicy = (raw: string): RolePolicy => {
  const [role = '', rule = ''] = raw.split('=', 2);
  const [name, ...extras] = rule.split(':');
  const policy = LOGIN_POLICIES.find((candidate) => candidate === name);
  if (!policy || !/^[a-z0-9._-]{1,64}$/.test(role)) {
    throw new SettingFault(`must be a list of role=policy[:max][:evict|deny], where policy is one of ${LOGIN_POLICIES.join(', ')}`);
  }
  return extras.reduce<RolePolicy>(
    (sum, extra) => (extra === 'evict' || extra === 'deny' ? { ...sum, onLimit: extra } : { ...sum, max: parseInteger(extra, 1, MAX_SESSIONS_PER_USER) }),
    { role, name: policy },
  );
};

/** `name=value` with percent escapes, separated by commas (W3C Baggage, without properties), as OpenTelemetry has it. */
export const parseHeaders = (raw: string): Readonly<Record<string, string>> => {
  const fault = new SettingFault('must be a list of name=value, separated by commas');
  const pairs = raw.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([\x21-\x7e][\x20-\x7e]*?)\s*$/.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw fault;
      try {
        return [name, decodeURIComponent(value)];
      } catch {
        throw fault;
      }
    }),
  );
};

const MIN_RSA_BITS = 2_048;
const PEM_BLOCK = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/g;

const algorithmOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): GivenSigningKey['algorithm'] | null => {
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS ? 'RS256' : null;
};

/** One or several PKCS#8 PEM blocks; in a variable their lines may be separated by `\n` spelled out. */
export const parseSigningKeys = (raw: string): readonly GivenSigningKey[] => {
  const fault = new SettingFault(`must be private keys in PKCS#8 PEM: P-256, or RSA of ${MIN_RSA_BITS} bits and more`);
  const text = raw.replaceAll('\\n', '\n');
  const blocks = text.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0 || text.replaceAll(PEM_BLOCK, '').trim() !== '') throw fault;
  return blocks.map((pem) => {
    let key: KeyObject;
    try {
      key = createPrivateKey(pem);
    } catch {
      throw fault;
    }
    const algorithm = algorithmOf(key);
    if (!algorithm) throw fault;
    return { algorithm, pkcs8: key.export({ format: 'der', type: 'pkcs8' }) };
  });
};

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** One or several certificates in PEM, with any text around them as bundles have it; in a variable their lines may be separated by `\n` spelled out. */
export const parseCertificates = (raw: string): string => {
  const fault = new SettingFault('must be certificates in PEM');
  const blocks = raw.replaceAll('\\n', '\n').match(CERTIFICATE_BLOCK) ?? [];
  if (blocks.length === 0) throw fault;
  try {
    blocks.forEach((pem) => new X509Certificate(pem));
  } catch {
    throw fault;
  }
  return blocks.join('\n');
};

/** One mailbox, with or without a name (RFC 5322 §3.4): `no-reply@example.org` or `Example <no-reply@example.org>`. */
export const parseMailbox = (raw: string): string => {
  const address = /^(?:[^<>\r\n]*\s)?<([^<>]+)>$/.exec(raw)?.[1] ?? raw;
  if (/^[^\s<>@,;:"]+@[^\s<>@,;:"]+$/.test(address)) return raw;
  throw new SettingFault('must be one address, such as Example <no-reply@example.org>');
};
