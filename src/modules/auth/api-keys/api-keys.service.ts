import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditLog } from '../../../kernel/audit/index.js';
import { IdGenerator } from '../../../kernel/clock/index.js';
import { isUuid } from '../../../kernel/crypto/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import { requestInvalid } from '../../../kernel/errors/index.js';
import { API_KEY_SCOPES, decodeCursor, encodeCursor, type ApiKeyScope, type PageQuery } from '../../../kernel/http/index.js';
import type { Attempt } from '../../../kernel/idempotency/index.js';
import { ApiKeyCodec } from './api-key.codec.js';
import { ApiKeyDto, ApiKeyPageDto, ApiKeyWithSecretDto, DEFAULT_OVERLAP_SECONDS, type NewApiKeyDto, type RotateApiKeyDto } from './api-key.dto.js';
import type { KeptApiKey } from './api-key.record.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { KeyOwners, type KeyOwner } from './key-owners.service.js';
import { apiKeyLimit, apiKeyNotFound, scopesForAdmins } from './api-keys.errors.js';

export const MAX_LIVE_KEYS_PER_USER = 50;
/** They open what is everybody's. */
const SCOPES_OF_ADMINS: ReadonlySet<ApiKeyScope> = new Set(['tokens:introspect', 'tokens:revoke']);

/** API keys, as their owners manage them. A key itself never comes here. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly codec: ApiKeyCodec,
    private readonly owners: KeyOwners,
    private readonly transactions: Transactions,
    private readonly ids: IdGenerator,
    private readonly audit: AuditLog,
  ) {}

  /** Throws 400 for an expiry that is not ahead, 403 for scopes that only admins grant and for a key that outlives its maker, 409 `auth.api_key_limit`. */
  async create(owner: KeyOwner, { name, expiresAt, scopes }: NewApiKeyDto, attempt: Attempt): Promise<ApiKeyWithSecretDto> {
    // Whoever made it died with its secret, which nobody has seen.
    if (attempt.made !== null) return this.rotate(owner, attempt.made, { overlapSeconds: 0 });
    const endsAt = expiresAt ? new Date(expiresAt) : null;
    await this.owners.requireEndWithin(owner, endsAt);
    const id = this.ids.next();
    const { userId } = owner.session;
    const { text, digest } = this.codec.generate(id);
    return this.transactions.run(async (manager) => {
      const grantedByAdmin = (await this.owners.standing(manager, owner)).roles.includes('admin');
      if (!grantedByAdmin && scopes.some((scope) => SCOPES_OF_ADMINS.has(scope))) throw scopesForAdmins();
      await this.keys.forgetLongDead(manager, userId);
      if ((await this.keys.countLive(manager, userId)) >= MAX_LIVE_KEYS_PER_USER) throw apiKeyLimit(MAX_LIVE_KEYS_PER_USER);
      const ordered = API_KEY_SCOPES.filter((scope) => scopes.includes(scope));
      const key = { id, userId, name: name.normalize('NFC'), scopes: ordered, grantedByAdmin, expiresAt: endsAt, digest };
      if (!(await this.keys.insert(manager, key))) throw expiresTooEarly();
      await this.audit.record(manager, { action: 'api_key.created', subjectId: userId, details: { keyId: id, scopes: ordered } });
      await attempt.record(manager, { subjectId: id, userId });
      return this.withSecret(manager, userId, id, text);
    });
  }

  /** Another secret for the same key; the one that it replaces works on for a while. Throws 404 for a key that is over, 403 for one that outlives its maker. */
  async rotate(owner: KeyOwner, keyId: string, { overlapSeconds = DEFAULT_OVERLAP_SECONDS }: RotateApiKeyDto): Promise<ApiKeyWithSecretDto> {
    const { userId } = owner.session;
    await this.owners.requireEndWithin(owner, await this.endOf(userId, keyId));
    const { text, digest } = this.codec.generate(keyId);
    return this.transactions.run(async (manager) => {
      await this.owners.standing(manager, owner);
      if (!(await this.keys.replaceSecret(manager, userId, keyId, digest, overlapSeconds))) throw apiKeyNotFound();
      await this.audit.record(manager, { action: 'api_key.rotated', subjectId: userId, details: { keyId } });
      return this.withSecret(manager, userId, keyId, text);
    });
  }

  /** All that were not revoked, newest first. */
  async page(userId: string, { limit, cursor }: PageQuery): Promise<ApiKeyPageDto> {
    const found = await this.keys.pageAfter(userId, decodeCursor(cursor, isUuid), limit + 1);
    const items = found.slice(0, limit).map((key) => ApiKeyDto.from(key));
    return ApiKeyPageDto.from({ items, nextCursor: found.length > limit ? encodeCursor(items.at(-1)!.id) : null });
  }

  /** All that are kept, revoked and expired ones included, newest first. */
  allKept(userId: string): Promise<KeptApiKey[]> {
    return this.keys.allKept(userId);
  }

  async one(userId: string, keyId: string): Promise<ApiKeyDto> {
    const key = await this.keys.ofOwner(userId, keyId);
    if (!key) throw apiKeyNotFound();
    return ApiKeyDto.from(key);
  }

  async revoke(userId: string, keyId: string): Promise<void> {
    await this.transactions.run(async (manager) => {
      if (!(await this.keys.revoke(manager, userId, keyId))) throw apiKeyNotFound();
      await this.audit.record(manager, { action: 'api_key.revoked', subjectId: userId, details: { keyId } });
    });
  }

  /** Revokes every key of a user, at once and for good; in the caller's transaction where `manager` is given. */
  async endAll(userId: string, manager?: EntityManager): Promise<void> {
    await (manager ? this.keys.revokeAll(manager, userId) : this.transactions.run((own) => this.keys.revokeAll(own, userId)));
  }

  private async endOf(userId: string, keyId: string): Promise<Date | null> {
    const key = await this.keys.ofOwner(userId, keyId);
    if (!key) throw apiKeyNotFound();
    return key.expiresAt;
  }

  private async withSecret(manager: EntityManager, userId: string, keyId: string, text: string): Promise<ApiKeyWithSecretDto> {
    const key = await this.keys.ofOwner(userId, keyId, manager);
    if (!key) throw apiKeyNotFound();
    return ApiKeyWithSecretDto.withSecret(key, text);
  }
}

const expiresTooEarly = () => requestInvalid([{ field: 'expiresAt', code: 'is_future', message: 'expiresAt must be ahead' }]);
