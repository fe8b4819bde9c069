import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export type SigningAlgorithm = 'ES256' | 'RS256';

/** A public key as the JWK set shows it (RFC 7517 §4). */
export interface PublicJwk extends JsonWebKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
}

export interface KeyPair {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly publicKey: KeyObject;
  /** Null: this instance can only verify with it. */
  readonly privateKey: KeyObject | null;
}

/** Pending keys are published; the active one signs; a retired one verifies what it signed; nothing of the rest is accepted. */
export type SigningKeyState = 'pending' | 'active' | 'retired' | 'gone' | 'withdrawn';

/** What is known of a key beside the key itself. */
export interface SigningKeyFacts {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly state: SigningKeyState;
  readonly createdAt: Date;
  readonly activeFrom: Date;
  /** No token signed with it expires later. */
  readonly tokensUntil: Date;
  readonly withdrawnAt: Date | null;
}

export interface SigningKey extends KeyPair {
  readonly activeFrom: Date;
  readonly tokensUntil: Date;
}

const generate = promisify(generateKeyPair);

/** The members that RFC 7638 §3.2 hashes, in its lexicographic order. */
const thumbprint = (jwk: JsonWebKey): string => {
  const members = jwk.kty === 'EC' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } : { e: jwk.e, kty: jwk.kty, n: jwk.n };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
};

const pairOf = (publicKey: KeyObject, privateKey: KeyObject | null, algorithm: SigningAlgorithm): KeyPair => {
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return { kid, algorithm, publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' }, publicKey, privateKey };
};

/** The key pair of a PKCS#8 DER private key. */
export const keyPairFromPkcs8 = (der: Buffer, algorithm: SigningAlgorithm): KeyPair => {
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return pairOf(createPublicKey(privateKey), privateKey, algorithm);
};

/** The public half alone. Its `kid` is made from it, never taken from it. */
export const keyPairFromPublicJwk = (jwk: JsonWebKey, algorithm: SigningAlgorithm): KeyPair =>
  pairOf(createPublicKey({ key: jwk, format: 'jwk' }), null, algorithm);

/** A fresh PKCS#8 DER private key: P-256 for ES256 (RFC 7518 §3.4), 2048-bit RSA for RS256 (§3.3). */
export const generatePkcs8 = async (algorithm: SigningAlgorithm): Promise<Buffer> => {
  const { privateKey } =
    algorithm === 'ES256' ? await generate('ec', { namedCurve: 'P-256' }) : await generate('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'der', type: 'pkcs8' });
};
