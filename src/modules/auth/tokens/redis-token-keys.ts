import { userTag, uuidTag } from '../../../kernel/cache/index.js';

/** Keys of one user's records; `scripts/records.lua` says what is in them. Ids must be UUIDs (RangeError). */
export class RedisTokenKeys {
  readonly epoch: string;
  readonly index: string;
  readonly dead: string;
  /** Sessions that ended one by one, until others were told. */
  readonly untold: string;
  /** Never exists; see `scripts/records.lua`. */
  readonly guard: string;
  /** Written after a revocation that replicas must have; gone after a second. */
  readonly replication: string;
  private readonly tag: string;

  constructor(userId: string) {
    this.tag = `{${userTag(userId)}}`;
    this.epoch = `ep:${this.tag}`;
    this.index = `ix:${this.tag}`;
    this.dead = `dx:${this.tag}`;
    this.untold = `ut:${this.tag}`;
    this.guard = `mv:${this.tag}`;
    this.replication = `rm:${this.tag}`;
  }

  session(sessionId: string): string {
    return `ss:${this.tag}:${uuidTag(sessionId)}`;
  }

  token(tokenId: string): string {
    return `tk:${this.tag}:${uuidTag(tokenId)}`;
  }
}
