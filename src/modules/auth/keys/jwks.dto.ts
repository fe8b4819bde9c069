/** One public key (RFC 7517 §4). */
export class JwkDto {
  kty: string;
  use: string;
  alg: string;
  kid: string;
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
}

export class JwksDto {
  keys: JwkDto[];
}
