import { Injectable } from '@nestjs/common';
import { LegacyAdoption } from './legacy-adoption.service.js';
import type { LegacyToken } from './legacy-token.js';
import { LegacyTokenVerifier } from './legacy-token.verifier.js';
import { LegacyTokensRepository } from './legacy-tokens.repository.js';
import { ImportedUsers } from './imported-users.service.js';
import { belongsTo, isKicked, type OpenImEntry, type OpenImSource } from './openim-source.js';

/** What became of an entry; the last four stay where they are. */
export type ImportOutcome = 'live' | 'kicked' | 'known' | 'expired' | 'invalid' | 'userUnknown' | 'userDisabled' | 'userRefused';

export interface ImportOptions {
  readonly secret: string;
  /** Nothing is written, here or there. */
  readonly isDryRun: boolean;
  readonly createsUsers: boolean;
  /** Removes from the old server what was brought over, is known here, or has expired. */
  readonly deletes: boolean;
}

export type ImportCounts = Record<ImportOutcome | 'hashes' | 'usersCreated' | 'deleted', number>;

export const noCounts = (): ImportCounts => ({
  hashes: 0, live: 0, kicked: 0, known: 0, expired: 0, invalid: 0, userUnknown: 0, userDisabled: 0, userRefused: 0, usersCreated: 0, deleted: 0,
}); // prettier-ignore

const DEALT_WITH: ReadonlySet<ImportOutcome> = new Set(['live', 'kicked', 'known', 'expired']);
/** Below the size of the database's pool. */
const AT_ONCE = 6;

/** Brings the tokens of an OpenIM server over, page by page. Doing it again changes nothing but what was kicked there meanwhile. */
@Injectable()
export class OpenImImport {
  constructor(
    private readonly users: ImportedUsers,
    private readonly adoption: LegacyAdoption,
    private readonly seen: LegacyTokensRepository,
  ) {}

  /** One page from `cursor` on (`0` begins), added to `counts`. Answers where to go on; `0` at the end. */
  async page(source: OpenImSource, cursor: string, options: ImportOptions, counts: ImportCounts): Promise<string> {
    const { entries, hashes, next } = await source.page(cursor);
    const verifier = new LegacyTokenVerifier(options.secret);
    const waiting = entries.values();
    const lane = async (): Promise<void> => {
      for (const entry of waiting) await this.entry(source, entry, verifier, options, counts);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    counts.hashes += hashes;
    return next;
  }

  private async entry(source: OpenImSource, entry: OpenImEntry, verifier: LegacyTokenVerifier, options: ImportOptions, counts: ImportCounts): Promise<void> {
    const token = verifier.verify(entry.token);
    const outcome = token && belongsTo(entry, token.externalId) ? await this.brought(token, isKicked(entry), options, counts) : 'invalid';
    counts[outcome] += 1;
    if (options.deletes && !options.isDryRun && DEALT_WITH.has(outcome) && (await source.deleteUnchanged(entry))) counts.deleted += 1;
  }

  private async brought(token: LegacyToken, isKickedThere: boolean, options: ImportOptions, counts: ImportCounts): Promise<ImportOutcome> {
    // Before a user is made for it; the store of tokens has the last word.
    if (token.expiresAt * 1000 <= (await this.seen.now())) return 'expired';
    const found = await this.users.forImport(token.externalId, options);
    if (!('user' in found)) return found.outcome === 'refused' ? 'userRefused' : 'userUnknown';
    if (found.outcome === 'created') counts.usersCreated += 1;
    if (found.user?.disabled) return 'userDisabled';
    const said = isKickedThere ? 'kicked' : 'live';
    if (options.isDryRun || !found.user) return (await this.seen.seen(token.tokenId))?.isAdopted ? 'known' : said;
    const result = await this.adoption.bringOver(token, { userId: found.user.userId, userEpoch: found.user.sessionEpoch }, isKickedThere);
    return result === 'adopted' ? said : result;
  }
}
