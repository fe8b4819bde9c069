import { Injectable } from '@nestjs/common';
import { JSON_TYPE, ShortWay, type ShortAnswer, type ShortRequest } from '../../../kernel/http/index.js';
import { limitHeadersOf } from '../../../kernel/limits/index.js';
import { LimitedRefresh } from './limited-refresh.service.js';

/**
 * One member and nothing else, spelled without an escape: whatever JSON may be beside it is the parsers' to read. White space is that of JSON
 * (RFC 8259 §2): `\s` would also take vertical tabs, form feeds and no-break spaces, which the parsers refuse.
 */
const PLAIN_BODY = /^[ \t\r\n]*\{[ \t\r\n]*"refreshToken"[ \t\r\n]*:[ \t\r\n]*"([\w-]+)"[ \t\r\n]*\}[ \t\r\n]*$/;

/** What every client asks once in the life of an access token. */
@Injectable()
export class RefreshShortWay extends ShortWay {
  override readonly isForBearers = false;

  constructor(private readonly refreshing: LimitedRefresh) {
    super();
  }

  override answer({ query, json, meta }: ShortRequest): Promise<ShortAnswer | null> | null {
    const token = query === '' && json && meta ? PLAIN_BODY.exec(json.toString('latin1'))?.[1] : undefined;
    return token === undefined ? null : this.rotated(token, meta!);
  }

  private async rotated(token: string, meta: NonNullable<ShortRequest['meta']>): Promise<ShortAnswer | null> {
    const tokens = await this.refreshing.rotate(token, meta);
    if (!tokens) return null;
    // All of it is ASCII.
    const text = JSON.stringify(tokens);
    return { headers: limitHeadersOf(meta), content: { type: JSON_TYPE, bytes: text, byteLength: text.length } };
  }
}
