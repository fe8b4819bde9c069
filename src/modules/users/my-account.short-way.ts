import { Injectable } from '@nestjs/common';
import { isHeld, JSON_TYPE, ShortWay, writtenOnce, type ShortAnswer, type ShortRequest } from '../../kernel/http/index.js';
import './current-snapshot.decorator.js';

/** One's own account, read with the token by which it is asked for. */
@Injectable()
export class MyAccountShortWay extends ShortWay {
  override readonly isForBearers = true;

  override answer({ raw, userSnapshot: me }: ShortRequest): ShortAnswer | null {
    if (!me) return null;
    if (isHeld(raw, me.etag)) return { etag: me.etag, content: null };
    const { text, byteLength } = writtenOnce(me.dto);
    return { etag: me.etag, content: { type: JSON_TYPE, bytes: text, byteLength } };
  }
}
