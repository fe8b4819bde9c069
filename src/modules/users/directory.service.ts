import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isAdmin, strongEtag, type Principal } from '../../kernel/http/index.js';
import { PublicUserDto } from './public-user.dto.js';
import { UserLookupResultDto } from './user-lookup.dto.js';
import { UserReader } from './user-reader.js';
import type { UserDto } from './user.dto.js';
import { recordOf } from './user.entity.js';
import { userNotFound } from './users.errors.js';
import { UsersRepository } from './users.repository.js';

export interface TaggedView {
  readonly etag: string;
  readonly body: UserDto | PublicUserDto;
}

/** Users, as whoever asks may see them. */
@Injectable()
export class DirectoryService {
  constructor(
    private readonly users: UsersRepository,
    private readonly reader: UserReader,
  ) {}

  /** The whole for self and admins, the public view for others. Throws 404. */
  async view(userId: string, viewer: Principal): Promise<TaggedView> {
    const user = await this.reader.snapshot(userId);
    if (!user) throw userNotFound();
    if (viewer.userId === userId || isAdmin(viewer)) return { etag: user.etag, body: user.dto };
    const body = PublicUserDto.from(user.dto);
    // Of the bytes: the version would tell strangers of changes that are none of their business.
    return { etag: strongEtag(createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)), body };
  }

  /** Public views in the order asked for, each once, and the ids that nobody has. */
  async lookup(ids: readonly string[]): Promise<UserLookupResultDto> {
    const asked = [...new Set(ids.map((id) => id.toLowerCase()))];
    const rows = asked.length === 0 ? [] : await this.users.byIds(asked);
    const found = new Map((await this.reader.snapshotsOf(rows.map(recordOf))).map(({ userId, dto }) => [userId, PublicUserDto.from(dto)]));
    return UserLookupResultDto.from({
      items: asked.flatMap((id) => found.get(id) ?? []),
      missing: asked.filter((id) => !found.has(id)),
    });
  }
}
