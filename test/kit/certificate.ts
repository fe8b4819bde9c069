import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

const DAY_MS = 86_400_000;
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface TestCertificate {
  readonly file: string;
  readonly keyFile: string;
  readonly pem: string;
  readonly keyPem: string;
}

/** A certificate for 127.0.0.1 that signed itself, in `folder`. Valid from yesterday until tomorrow. */
export async function makeCertificate(folder: string): Promise<TestCertificate> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=likeness-test',
    keys,
    signingAlgorithm: KEY,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const [file, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const pem = certificate.toString('pem');
  const keyPem = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  await Promise.all([writeFile(file, `${pem}\n`), writeFile(keyFile, `${keyPem}\n`, { mode: 0o600 })]);
  return { file, keyFile, pem, keyPem };
}
