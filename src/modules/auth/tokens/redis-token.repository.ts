import { isSlotMoving, isUuid, PreparedScript, uuidFromTag, uuidTag, type FencedEntry, type FencedHit, type RedisConnection, type StoreScript } from '../../../kernel/cache/index.js';
import { MAX_SESSIONS_PER_USER } from '../../../kernel/config/index.js';
import type { Platform } from '../platform.js';
import { loginScope } from './login-scope.js';
import {
  accessGrant,
  clientArguments,
  letterOfPlatform,
  letterOfReason,
  optionalText,
  platformOfLetter,
  refusalOfLetter,
  sessionFromReply,
  sessionFromStart,
  type SessionReply,
  type StartedReply,
} from './redis-token-codec.js';
import { RedisTokenKeys } from './redis-token-keys.js';
import { TOKEN_SCRIPTS } from './redis-token-scripts.js';
import {
  TokenRepository,
  type AdoptInput,
  type AdoptResult,
  type EndAllOptions,
  type EndReason,
  type IssueAdminTokenInput,
  type IssueInput,
  type IssueResult,
  type PresentedToken,
  type RefreshInput,
  type RefreshResult,
  type RotateInput,
  type Rotation,
  type SeenSession,
  type SessionRecord,
  type SessionSecret,
  type StartedSession,
  type TokenRef,
  type VerifyResult,
} from './token-repository.js';

type LiveReply = ['L', platform: string, issued: number, expires: number, userEpoch: number, entry?: unknown];
type SecretReply = [state: string, salt?: string, userEpoch?: number, generation?: number, issued?: number, expires?: number, entry?: unknown];
type RotationReply = [platform: string, issued: number, expires: number, idleEnd: number, absoluteEnd: number, limits: readonly number[]];
type PairReply = [outcome: 'rotate' | 'replay', generation: number, jti: string, issued: number, expires: number, session: SessionReply];

/** The check of one token, written out. */
interface PreparedVerify {
  /** Whose stamp it asks by, and which values it takes. */
  readonly seen: FencedHit | undefined;
  readonly shape: string | null;
  readonly withEntry: PreparedScript;
  /** Without the user's cached entry. */
  readonly alone: PreparedScript;
}

type RotationTerms = Pick<RotateInput, 'client' | 'accessTtlSeconds' | 'idleTtlSeconds'>;

/** The rotation of one session, written out for a client. */
interface PreparedRotation {
  readonly terms: RotationTerms;
  readonly script: PreparedScript;
}

/** Tokens in Redis, one key per token with its own expiry; every operation is one script (guarantees §1–3). */
export class RedisTokenRepository extends TokenRepository {
  private readonly prepared = new WeakMap<PresentedToken, PreparedVerify>();
  private readonly rotations = new WeakMap<SeenSession, PreparedRotation>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly entries: FencedEntry,
    /** How many replicas must hold a revocation before it is acknowledged. */
    private readonly revocationReplicas = 0,
    /** Hears whose session was ended alone: `UntoldSessions` tells of it. */
    private readonly onSessionEnded: (userId: string) => void = () => undefined,
  ) {
    super();
  }

  override async issue(input: IssueInput): Promise<IssueResult> {
    const { client, policy } = input;
    const keys = new RedisTokenKeys(input.userId);
    const scope = loginScope(policy, client.platform);
    const [outcome, ...issued] = (await this.redis.write(
      TOKEN_SCRIPTS.issue,
      [keys.epoch, keys.index, keys.dead, keys.session(input.sessionId), keys.token(input.tokenId)],
      [
        ...[uuidTag(input.sessionId), uuidTag(input.tokenId), letterOfPlatform(client.platform), input.userEpoch, input.salt],
        ...[input.accessTtlSeconds, input.idleTtlSeconds, input.maxTtlSeconds, ...clientArguments(client)],
        ...[scope.rivals.map(letterOfPlatform).join(''), scope.limit, policy.onLimit === 'deny' ? '1' : '', MAX_SESSIONS_PER_USER],
      ],
    )) as [number, ...StartedReply, string[]];
    if (outcome === 0) return { outcome: 'denied' };
    const [issuedAt, expiresAt, idleEnd, absoluteEnd, evicted] = issued;
    if (evicted.length > 0) this.onSessionEnded(input.userId);
    return {
      outcome: 'issued',
      access: accessGrant(input.tokenId, issuedAt, expiresAt),
      session: sessionFromStart(input, [issuedAt, expiresAt, idleEnd, absoluteEnd]),
      generation: 1,
      evicted: evicted.map(uuidFromTag),
    };
  }

  override async issueAdminToken(input: IssueAdminTokenInput): Promise<StartedSession> {
    const { client } = input;
    const keys = new RedisTokenKeys(input.userId);
    const started = (await this.redis.write(
      TOKEN_SCRIPTS.issueAdminToken,
      [keys.epoch, keys.index, keys.session(input.sessionId), keys.token(input.tokenId)],
      [
        ...[uuidTag(input.sessionId), uuidTag(input.tokenId), letterOfPlatform(client.platform)],
        ...[input.userEpoch, input.ttlSeconds, ...clientArguments(client)],
      ],
    )) as StartedReply;
    return { access: accessGrant(input.tokenId, started[0], started[1]), session: sessionFromStart(input, started) };
  }

  override async adopt(input: AdoptInput): Promise<AdoptResult> {
    const { client, endReason } = input;
    const keys = new RedisTokenKeys(input.userId);
    const outcome = await this.redis.write(
      TOKEN_SCRIPTS.adopt,
      [keys.epoch, keys.index, keys.dead, keys.session(input.sessionId), keys.token(input.tokenId)],
      [
        ...[uuidTag(input.sessionId), uuidTag(input.tokenId), letterOfPlatform(client.platform), input.userEpoch],
        ...[input.issuedAt, input.expiresAt, endReason === null ? '' : letterOfReason(endReason), ...clientArguments(client)],
      ],
    );
    return outcome === 1 ? 'adopted' : outcome === 0 ? 'known' : 'expired';
  }

  override async verify(ref: PresentedToken): Promise<VerifyResult> {
    const { withEntry, alone, seen } = this.preparedFor(ref);
    let reply: [string] | LiveReply;
    try {
      reply = (await this.redis.runPrepared(withEntry, this.entries.newNonce())) as typeof reply;
    } catch (error) {
      if (!isSlotMoving(error)) throw error;
      // The records of a live token are all there or all moved; only the cached entry may be missing, and it can be left out.
      reply = (await this.redis.runPrepared(alone, this.entries.newNonce())) as typeof reply;
    }
    if (reply.length === 1) return { state: refusalOfLetter(reply[0]) };
    const [, platform, issuedAt, expiresAt, userEpoch, entry] = reply;
    return {
      state: 'live',
      platform: platformOfLetter(platform),
      access: accessGrant(ref.tokenId, issuedAt, expiresAt),
      userEpoch,
      ...(entry === undefined ? {} : { entry: this.entries.decodeRead(ref.userId, entry, seen) }),
    };
  }

  override async sessionSecret(userId: string, sessionId: string, endsAt: number): Promise<SessionSecret> {
    if (!isUuid(sessionId)) return { state: 'unknown' };
    const seen = this.entries.lastSeen(userId);
    const [state, salt = '', userEpoch = 0, generation = 0, issuedAt = 0, expiresAt = 0, read] = await this.lookAtSecret(userId, sessionId, endsAt, seen);
    if (state === '-') return { state: 'lapsed' };
    const entry = read === undefined ? {} : { entry: this.entries.decodeRead(userId, read, seen) };
    if (state === 'L') return { state: 'live', salt, userEpoch, generation, issuedAt, expiresAt, ...entry };
    const refusal = refusalOfLetter(state);
    return refusal === 'unknown' ? { state: refusal } : { state: refusal, salt };
  }

  override async rotate({ seen, generation, newTokenId, room, ...given }: RotateInput): Promise<Rotation | null> {
    if (!this.entries.isCurrent(seen.entryStamp)) return null;
    let reply: RotationReply | [];
    try {
      reply = (await this.redis.writePrepared(this.rotationFor(seen, given), uuidTag(newTokenId) + generation + room.text)) as typeof reply;
    } catch (error) {
      // It did not run; by the table it says so, or another moment has come.
      if (isSlotMoving(error)) return null;
      throw error;
    }
    if (reply.length === 0) return null;
    const [platform, issuedAt, expiresAt, idleExpiresAt, absoluteEnd, limits] = reply;
    room.passed(limits);
    return {
      access: accessGrant(newTokenId, issuedAt, expiresAt),
      session: { id: seen.sessionId, platform: platformOfLetter(platform), idleExpiresAt, expiresAt: absoluteEnd },
      generation: generation + 1,
    };
  }

  override async refresh(input: RefreshInput): Promise<RefreshResult> {
    const keys = new RedisTokenKeys(input.userId);
    const reply = (await this.redis.write(
      TOKEN_SCRIPTS.refresh,
      [keys.session(input.sessionId), keys.epoch, keys.index, keys.dead, keys.token(input.newTokenId)],
      [
        ...[uuidTag(input.sessionId), input.generation, input.salt, uuidTag(input.newTokenId), input.accessTtlSeconds],
        ...[input.idleTtlSeconds, input.graceSeconds, optionalText(input.client.ipAddress), optionalText(input.client.userAgent)],
      ],
    )) as [string] | PairReply;
    if (reply[0] === 'reuse') this.onSessionEnded(input.userId);
    if (reply.length === 1) return reply[0] === 'reuse' ? { outcome: 'reused' } : { outcome: 'refused', state: refusalOfLetter(reply[0]) };
    const [outcome, generation, jti, issuedAt, expiresAt, session] = reply;
    return {
      outcome: outcome === 'rotate' ? 'rotated' : 'replayed',
      access: accessGrant(uuidFromTag(jti), issuedAt, expiresAt),
      session: sessionFromReply(input.userId, session),
      generation,
    };
  }

  override async revokeToken(ref: TokenRef, reason: EndReason): Promise<boolean> {
    const keys = new RedisTokenKeys(ref.userId);
    const touched = [keys.token(ref.tokenId), keys.session(ref.sessionId), keys.epoch, keys.dead, keys.guard];
    return (await this.revoke(TOKEN_SCRIPTS.revokeToken, keys, touched, [uuidTag(ref.sessionId), uuidTag(ref.tokenId), letterOfReason(reason)])) === 1;
  }

  override async endSession(userId: string, sessionId: string, reason: EndReason): Promise<boolean> {
    if (!isUuid(sessionId)) return false;
    const keys = new RedisTokenKeys(userId);
    const touched = [keys.session(sessionId), keys.epoch, keys.index, keys.dead, keys.guard];
    return (await this.revoke(TOKEN_SCRIPTS.endSession, keys, touched, [uuidTag(sessionId), letterOfReason(reason)], userId)) === 1;
  }

  override async endAll(userId: string, { keep, erase }: EndAllOptions): Promise<void> {
    const keys = new RedisTokenKeys(userId);
    const touched = [keys.epoch, keys.index, keys.dead, keys.guard, ...(keep ? [keys.session(keep.sessionId)] : [])];
    await this.redis.write(TOKEN_SCRIPTS.endAll, touched, [keep ? uuidTag(keep.sessionId) : '', keep?.userEpoch ?? 0, erase ? '1' : '']);
  }

  override async endPlatform(userId: string, platform: Platform): Promise<void> {
    const keys = new RedisTokenKeys(userId);
    await this.revoke(TOKEN_SCRIPTS.endPlatform, keys, [keys.epoch, keys.index, keys.dead, keys.guard], [letterOfPlatform(platform)], userId);
  }

  override async list(userId: string): Promise<readonly SessionRecord[]> {
    const keys = new RedisTokenKeys(userId);
    const sessions = (await this.redis.run(TOKEN_SCRIPTS.list, [keys.epoch, keys.index, keys.guard], [])) as SessionReply[];
    return sessions.map((session) => sessionFromReply(userId, session));
  }

  /** What no row in PostgreSQL marks, so that only the replicas keep a failover from undoing it (guarantees §4). */
  private async revoke(script: StoreScript, { replication }: RedisTokenKeys, touched: readonly string[], args: readonly string[], endingFor?: string): Promise<unknown> {
    try {
      if (this.revocationReplicas === 0) return await this.redis.write(script, touched, args);
      return await this.redis.runOnReplicas(script, touched, args, { replicas: this.revocationReplicas, markKey: replication });
    } finally {
      // Also when it failed: it may have happened, and what has happened is told.
      if (endingFor !== undefined) this.onSessionEnded(endingFor);
    }
  }

  private async lookAtSecret(userId: string, sessionId: string, endsAt: number, seen: FencedHit | undefined): Promise<SecretReply> {
    const keys = new RedisTokenKeys(userId);
    const records = [keys.session(sessionId), keys.epoch];
    const look = async (keysOfAll: readonly string[]): Promise<SecretReply> =>
      (await this.redis.runPrepared(this.entries.prepare(TOKEN_SCRIPTS.sessionSecret, keysOfAll, [endsAt], seen), this.entries.newNonce())) as SecretReply;
    try {
      return await look([...records, this.entries.key(userId)]);
    } catch (error) {
      if (!isSlotMoving(error)) throw error;
      // As in `verify`.
      return look(records);
    }
  }

  /** Keys and what seldom changes, once for a session that is refreshed again and again. */
  private rotationFor(seen: SeenSession, terms: RotationTerms): PreparedScript {
    const known = this.rotations.get(seen);
    if (known && isSameTerms(known.terms, terms)) return known.script;
    const keys = new RedisTokenKeys(seen.userId);
    const { accessTtlSeconds, idleTtlSeconds, client } = terms;
    const script = new PreparedScript(
      TOKEN_SCRIPTS.rotate,
      [keys.session(seen.sessionId), keys.epoch, keys.index, this.entries.key(seen.userId), keys.guard],
      [],
      [uuidTag(seen.sessionId), seen.salt, seen.userEpoch, seen.entryStamp, accessTtlSeconds, idleTtlSeconds, optionalText(client.ipAddress), optionalText(client.userAgent)],
    );
    this.rotations.set(seen, { terms, script });
    return script;
  }

  /** Ids to keys, once for a token that is presented again and again while its user stays the same. */
  private preparedFor(ref: PresentedToken): PreparedVerify {
    let prepared = this.prepared.get(ref);
    const seen = this.entries.lastSeen(ref.userId);
    const shape = this.entries.boundShape;
    if (!prepared || prepared.seen !== seen || prepared.shape !== shape) {
      const keys = new RedisTokenKeys(ref.userId);
      const records = [keys.token(ref.tokenId), keys.session(ref.sessionId), keys.epoch];
      const args = [uuidTag(ref.sessionId), ref.expiresAt];
      const [withEntry, alone] = [[...records, this.entries.key(ref.userId)], records].map((keys) => this.entries.prepare(TOKEN_SCRIPTS.verify, keys, args, seen));
      prepared = { seen, shape, withEntry: withEntry!, alone: alone! };
      this.prepared.set(ref, prepared);
    }
    return prepared;
  }
}

const isSameTerms = (one: RotationTerms, other: RotationTerms): boolean =>
  one.accessTtlSeconds === other.accessTtlSeconds &&
  one.idleTtlSeconds === other.idleTtlSeconds &&
  one.client.ipAddress === other.client.ipAddress &&
  one.client.userAgent === other.client.userAgent;
