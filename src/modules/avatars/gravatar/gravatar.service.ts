import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { frameworkError } from '../../../kernel/http/index.js';
import { UsersService, type UserSnapshot } from '../../users/index.js';
import { pictureNotFound } from '../avatars.errors.js';
import { AvatarsService } from '../avatars.service.js';
import { PictureResponder } from '../showing/picture-responder.js';
import { DefaultPictures } from './default-pictures.service.js';
import { gravatarRequest, type GravatarDefault, type GravatarRequest } from './gravatar-request.js';

/** A hash that no address has, so that what is no hash costs what others cost. */
const NOBODYS_HASH = '0'.repeat(64);

/**
 * The Gravatar and Libravatar protocol. Who is not there, has not verified the address, or has not opted in, is not told
 * apart: one and the same query finds none of them, and the answer is made of the request alone.
 */
@Injectable()
export class GravatarService {
  constructor(
    private readonly users: UsersService,
    private readonly avatars: AvatarsService,
    private readonly defaults: DefaultPictures,
    private readonly responder: PictureResponder,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Throws 404 `request.not_found` where the protocol is off, 404 `avatar.not_found` for `d=404`. Nothing for a 304 or a redirect. */
  async answer(segment: string, request: FastifyRequest, reply: FastifyReply): Promise<Buffer | undefined> {
    const { gravatar, gravatarDefaultOrigins } = this.config.avatars;
    if (!gravatar) throw frameworkError('request.not_found');
    const asked = gravatarRequest(segment, request.query as Record<string, unknown>, gravatarDefaultOrigins);
    const user = await this.users.byEmailHash(asked.hash ?? NOBODYS_HASH);
    return user && !asked.isForced ? this.known(user, asked, request, reply) : this.unknown(asked, request, reply);
  }

  private known(user: UserSnapshot, { variant }: GravatarRequest, request: FastifyRequest, reply: FastifyReply): Promise<Buffer | undefined> {
    return this.responder.answer('gravatar', request, reply, this.avatars.etagFor(user, variant), () => this.avatars.show(user, variant, this.responder.callerOf(request)));
  }

  private async unknown({ hash, variant, fallback }: GravatarRequest, request: FastifyRequest, reply: FastifyReply): Promise<Buffer | undefined> {
    if (fallback.kind !== 'drawn') return elsewhere(fallback, reply);
    const asked = { drawing: fallback.drawing, hash, name: fallback.name };
    return this.responder.answer('gravatar', request, reply, this.defaults.etag(asked, variant), () => this.defaults.draw(asked, variant, this.responder.callerOf(request)));
  }
}

function elsewhere(fallback: Exclude<GravatarDefault, { kind: 'drawn' }>, reply: FastifyReply): undefined {
  if (fallback.kind === 'absent') throw pictureNotFound();
  void reply.code(302).header('location', fallback.url);
  return undefined;
}
