import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { ApiProblems, CurrentSession, OptionalBody, PageQuery, UuidParam, type SessionPrincipal } from '../../../kernel/http/index.js';
import { CurrentCall, Idempotency, Idempotent, type IdempotentCall } from '../../../kernel/idempotency/index.js';
import { CurrentSnapshot, type UserSnapshot } from '../../users/index.js';
import { ApiKeyDto, ApiKeyPageDto, ApiKeyWithSecretDto, NewApiKeyDto, RotateApiKeyDto } from './api-key.dto.js';
import { ApiKeys } from './api-keys.service.js';

@ApiTags('auth')
@ApiBearerAuth()
@Controller('v1/auth/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly idempotency: Idempotency,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The caller's keys, newest first, without their secrets. */
  @Get()
  @ApiOkResponse({ type: ApiKeyPageDto })
  @ApiProblems()
  listMyApiKeys(@CurrentSession() me: SessionPrincipal, @Query() query: PageQuery): Promise<ApiKeyPageDto> {
    return this.keys.page(me.userId, query);
  }

  /** Make a key. Its secret is in this answer, and nowhere else. With a token that an admin issued, the key must end when the token does, or before. */
  @Post()
  @Idempotent()
  @ApiCreatedResponse({ type: ApiKeyWithSecretDto, headers: { Location: { description: 'Where the key is.', schema: { type: 'string', format: 'uri' } } } })
  @ApiProblems('auth.forbidden', 'auth.outlives_token', 'auth.api_key_limit', 'request.outcome_unknown')
  async createApiKey(
    @CurrentSession() session: SessionPrincipal,
    @CurrentSnapshot() snapshot: UserSnapshot,
    @Body() body: NewApiKeyDto,
    @CurrentCall() call: IdempotentCall,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiKeyWithSecretDto> {
    const key = await this.idempotency.run(call, 'withSecret', (attempt) => this.keys.create({ session, snapshot }, body, attempt));
    reply.header('location', `${this.config.http.publicUrl}/v1/auth/api-keys/${key.id}`);
    return key;
  }

  /** One of the caller's keys, without its secret. */
  @Get(':id')
  @ApiOkResponse({ type: ApiKeyDto })
  @ApiProblems('auth.api_key_not_found')
  getApiKey(@CurrentSession() me: SessionPrincipal, @UuidParam('id') id: string): Promise<ApiKeyDto> {
    return this.keys.one(me.userId, id);
  }

  /** Give a key another secret. The one before works for `overlapSeconds` more, so that its users can be moved without a pause. */
  @Post(':id/rotate')
  @HttpCode(200)
  @ApiOkResponse({ type: ApiKeyWithSecretDto })
  @ApiProblems('auth.api_key_not_found', 'auth.outlives_token', 'request.outcome_unknown')
  rotateApiKey(
    @CurrentSession() session: SessionPrincipal,
    @CurrentSnapshot() snapshot: UserSnapshot,
    @UuidParam('id') id: string,
    @OptionalBody(RotateApiKeyDto) body: RotateApiKeyDto,
  ): Promise<ApiKeyWithSecretDto> {
    return this.keys.rotate({ session, snapshot }, id, body);
  }

  /** Revoke a key, with every secret of it, at once and for good. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiProblems('auth.api_key_not_found', 'request.outcome_unknown')
  revokeApiKey(@CurrentSession() me: SessionPrincipal, @UuidParam('id') id: string): Promise<void> {
    return this.keys.revoke(me.userId, id);
  }
}
