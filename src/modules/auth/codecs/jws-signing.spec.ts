import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { jwtVerify } from 'jose';
import { generatePkcs8, keyPairFromPkcs8 } from '../keys/signing-key.js';
import type { ActiveKey } from '../keys/signing-keys.service.js';
import { signedJws } from './jws-signing.js';
import { readJwsHeader } from './jws-shape.js';

const CLAIMS = { iss: 'http://id.test', aud: 'likeness', sub: 'Ada – ü', iat: 1_795_174_856, exp: 9_795_174_856, roles: ['admin'] };

describe.each(['ES256', 'RS256'] as const)('an access token signed by %s', (algorithm) => {
  const newKey = async (): Promise<ActiveKey> => ({ ...keyPairFromPkcs8(await generatePkcs8(algorithm), algorithm), activeFrom: new Date(0), tokensUntil: new Date(0) }) as ActiveKey;

  it('is good for jose and for the library that checks it here, of the shape that is taken here', async () => {
    const key = await newKey();
    const token = signedJws(CLAIMS, key);
    const { payload, protectedHeader } = await jwtVerify(token, key.publicKey, { algorithms: [algorithm], typ: 'at+jwt', issuer: CLAIMS.iss, audience: CLAIMS.aud });
    expect(payload).toEqual(CLAIMS);
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: key.kid });
    expect(new JwtService({}).verify(token, { algorithms: [algorithm], publicKey: key.publicKey as never })).toEqual(CLAIMS);
    expect(readJwsHeader(token)).toEqual({ alg: algorithm, kid: key.kid });
  });

  it('is, but for the signature, what the library would have made', async () => {
    const key = await newKey();
    const made = new JwtService({}).sign({ ...CLAIMS }, { privateKey: key.privateKey as never, algorithm, header: { alg: algorithm, typ: 'at+jwt', kid: key.kid } });
    const withoutSignature = (token: string): string => token.slice(0, token.lastIndexOf('.'));
    expect(withoutSignature(signedJws(CLAIMS, key))).toBe(withoutSignature(made));
    expect(signedJws(CLAIMS, key)).toHaveLength(made.length);
  });

  it('is signed by the key that is asked for, also after another', async () => {
    const [one, other] = [await newKey(), await newKey()];
    signedJws(CLAIMS, one);
    await expect(jwtVerify(signedJws(CLAIMS, other), one.publicKey)).rejects.toThrow();
    expect((await jwtVerify(signedJws(CLAIMS, other), other.publicKey)).protectedHeader.kid).toBe(other.kid);
  });
});
