import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One key pair that signs access tokens. What it is at a moment follows from its times and the database's clock (`signing-key-statements.ts`). */
@Entity('signing_keys')
export class SigningKeyEntity {
  /** The `kid` in token headers: the RFC 7638 thumbprint of the public key. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'signing_keys_pkey' })
  kid: string;

  @Column({ type: 'text' })
  algorithm: 'ES256' | 'RS256';

  @Column({ name: 'public_jwk', type: 'jsonb' })
  publicJwk: object;

  /** PKCS#8 DER under a key derived from `MASTER_KEY`, bound to the `kid`; sealed empty when the private half is given by the operator, or erased. */
  @Column({ name: 'sealed_private_key', type: 'bytea' })
  sealedPrivateKey: Buffer;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  /** Published from its creation on, signs from here on; of several the youngest signs. */
  @Column({ name: 'active_from', type: 'timestamptz', default: () => 'clock_timestamp()' })
  activeFrom: Date;

  /** No token signed with it expires later: written before such a token is handed out. */
  @Column({ name: 'tokens_until', type: 'timestamptz', default: () => 'clock_timestamp()' })
  tokensUntil: Date;

  /** From here on nothing that it signed is accepted. Null: as long as it stands here. */
  @Column({ name: 'withdrawn_at', type: 'timestamptz', nullable: true })
  withdrawnAt: Date | null;
}
