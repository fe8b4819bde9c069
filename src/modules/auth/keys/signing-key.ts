import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export type SigningAlgorithm = 'ES256' | 'RS256';

/** A public key as the JWK set shows it (RFC 7517 §4). */
export interface PublicJwk extends JsonWebKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
}

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly activeFrom: Date;
}

const generate = promisify(generateKeyPair);

/** The members that RFC 7638 §3.2 hashes, in its lexicographic order. */
const thumbprint = (jwk: JsonWebKey): string => {
  const members = jwk.kty === 'EC' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } : { e: jwk.e, kty: jwk.kty, n: jwk.n };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
};

const publicJwkOf = (publicKey: KeyObject, algorithm: SigningAlgorithm): PublicJwk => {
  const jwk = publicKey.export({ format: 'jwk' });
  return { ...jwk, kid: thumbprint(jwk), alg: algorithm, use: 'sig' };
};

/** The key pair of a PKCS#8 DER private key. */
export const signingKeyFromPkcs8 = (der: Buffer, algorithm: SigningAlgorithm, activeFrom: Date): SigningKey => {
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const publicJwk = publicJwkOf(publicKey, algorithm);
  return { kid: publicJwk.kid, algorithm, publicJwk, publicKey, privateKey, activeFrom };
};

/** A fresh PKCS#8 DER private key: P-256 for ES256 (RFC 7518 §3.4), 2048-bit RSA for RS256 (§3.3). */
export const generatePkcs8 = async (algorithm: SigningAlgorithm): Promise<Buffer> => {
  const { privateKey } =
    algorithm === 'ES256' ? await generate('ec', { namedCurve: 'P-256' }) : await generate('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'der', type: 'pkcs8' });
};
