import { Injectable } from '@nestjs/common';
import { JSON_TYPE, ShortWay, writtenOnce, type ShortAnswer, type ShortRequest } from '../../../kernel/http/index.js';
import { credentialsOf } from './client-credentials.js';
import { Introspection } from './introspection.service.js';

/** What backends ask at each request of theirs. */
@Injectable()
export class IntrospectionShortWay extends ShortWay {
  override readonly isForBearers = false;

  constructor(private readonly introspection: Introspection) {
    super();
  }

  override async answer({ raw, query, form }: ShortRequest): Promise<ShortAnswer | null> {
    if (query !== '' || !form) return null;
    const { text, byteLength } = writtenOnce(await this.introspection.introspect(credentialsOf(raw.headers.authorization, form), form));
    return { content: { type: JSON_TYPE, bytes: text, byteLength } };
  }
}
