import { Injectable } from '@nestjs/common';
import { isUuid } from '../crypto/index.js';
import { decodeCursor, encodeCursor, isAdmin, type SessionPrincipal } from '../http/index.js';
import { AuditEventDto, AuditEventPageDto, type AuditPageQueryDto } from './audit-event.dto.js';
import { AuditEvents } from './audit-events.repository.js';

const MAX_EXPORTED = 10_000;

/** The audit log, as those who may see it. */
@Injectable()
export class AuditReader {
  constructor(private readonly events: AuditEvents) {}

  /** Newest first: everything for admins, for others what they did and what was done to them. */
  async page(me: SessionPrincipal, { limit, cursor, action = undefined, userId }: AuditPageQueryDto): Promise<AuditEventPageDto> {
    const readerId = isAdmin(me) ? null : me.userId;
    const query = { beforeId: decodeCursor(cursor, isUuid), limit: limit + 1, action: action ?? null, userId: readerId ?? userId?.toLowerCase() ?? null };
    const found = await this.events.page(query);
    const items = found.slice(0, limit).map((event) => AuditEventDto.from(event, readerId));
    return Object.assign(new AuditEventPageDto(), { items, nextCursor: found.length > limit ? encodeCursor(items.at(-1)!.id) : null });
  }

  /** The newest of one's own, for the export. */
  async ofUser(userId: string): Promise<AuditEventDto[]> {
    const found = await this.events.page({ beforeId: null, limit: MAX_EXPORTED, action: null, userId });
    return found.map((event) => AuditEventDto.from(event, userId));
  }
}
