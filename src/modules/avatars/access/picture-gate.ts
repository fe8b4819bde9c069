import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { PublicGate } from '../../../kernel/http/index.js';
import { UsersService } from '../../users/index.js';
import { pictureNotFound } from '../avatars.errors.js';
import { PictureLinks, type LinkQuery } from './picture-links.js';

/** Who may look at pictures: everybody, or in private mode who has a bearer token or a signed URL. */
@Injectable()
export class PictureGate extends PublicGate {
  constructor(
    private readonly links: PictureLinks,
    private readonly users: UsersService,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {
    super();
  }

  /** Throws 403 for a signature that is not good, so that its holder learns why, and 404 when the picture's user is gone. */
  override async admits(request: FastifyRequest): Promise<boolean> {
    if (this.config.avatars.access === 'public') return true;
    const query = request.query as LinkQuery;
    const { digest, file } = request.params as { readonly digest?: string; readonly file?: string };
    // The stable URL shows whatever comes next, so no signature can be bound to it.
    if (query.signature === undefined || digest === undefined || file === undefined) return false;
    const userId = this.links.verify(query, digest, file);
    if (!(await this.users.snapshot(userId))) throw pictureNotFound();
    return true;
  }
}
