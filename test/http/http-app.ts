import { Body, Controller, Delete, Get, HttpCode, Module, Param, Patch, Post, Put, Query, Req, Res, StreamableFile, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Type as Convert } from 'class-transformer';
import { IsEmail, IsInt, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import type { HttpConfig } from '../../src/kernel/config/index.js';
import { AppError } from '../../src/kernel/errors/index.js';
import {
  answerNotModified,
  CachePolicy,
  Embeddable,
  PageQuery,
  RawBody,
  requestMeta,
  ServiceAdapter,
  setupHttp,
  strongEtag,
  UuidParam,
} from '../../src/kernel/http/index.js';

class LineDto {
  @IsString() text: string;
}

class ThingDto {
  @IsEmail() email: string;
  @IsOptional() @IsInt() count?: number;
  @IsOptional() @IsString() @MaxLength(5) name?: string;
  @IsOptional() @ValidateNested({ each: true }) @Convert(() => LineDto) lines?: LineDto[];
}

/** Every kind of route there is, with nothing behind it. */
@Controller('things')
class ThingsController {
  static readonly streams: PassThrough[] = [];

  @Get('plain') plain(): object { return { ok: true }; }

  @Get('me')
  @CachePolicy('privateNoCache')
  me(@Res({ passthrough: true }) reply: FastifyReply): object {
    reply.header('etag', strongEtag(7));
    return { version: 7 };
  }

  @Get('picture')
  @CachePolicy('publicNoCache')
  @Embeddable()
  picture(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): unknown {
    reply.header('vary', 'Accept');
    if (answerNotModified(request, reply, '"digest-64-webp"')) return undefined;
    reply.type('image/webp');
    return Buffer.from('bytes');
  }

  @Get('stream')
  @CachePolicy('immutable')
  stream(@Res({ passthrough: true }) reply: FastifyReply): unknown {
    const stream = new PassThrough();
    ThingsController.streams.push(stream);
    stream.end('bytes');
    reply.type('image/png').header('etag', '"s"');
    return new StreamableFile(stream);
  }

  @Get('cached-error') @CachePolicy('immutable') cachedError(@Res({ passthrough: true }) reply: FastifyReply): never {
    reply.header('etag', '"7"').type('image/png');
    throw new AppError('avatar.not_found', 404, 'No such picture.');
  }

  @Get('crash') crash(): never { throw new Error('the password is hunter2'); }
  @Get('forged') forged(): never { throw Object.assign(new Error('library says'), { status: 200, statusCode: 200 }); }
  @Get('thrown-string') thrownString(): never { throw 'secret string'; }
  @Get('busy') busy(): never { throw new AppError('service.unavailable', 503, 'Busy.', { headers: { 'Retry-After': '7' } }); }
  @Get('limited') limited(): never { throw new AppError('auth.rate_limited', 429, 'Slow down.'); }
  @Get('unknown-token') unknownToken(): never { throw new AppError('auth.token_unknown', 401, 'Unknown token.'); }
  @Get('credentials') credentials(): never { throw new AppError('auth.invalid_credentials', 401, 'Wrong.'); }
  @Get('database') database(): never { throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'ECONNREFUSED', syscall: 'connect' }); }
  @Get('broken-stream') brokenStream(@Res({ passthrough: true }) reply: FastifyReply): unknown {
    const stream = Readable.from((async function* () {
      yield Buffer.from('first');
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('the disk went away');
    })(), { objectMode: false });
    reply.type('image/png');
    return new StreamableFile(stream);
  }
  @Get('slow') async slow(): Promise<object> {
    slowRequests.emit('arrived');
    await once(slowRequests, 'release');
    return { slow: true };
  }
  @Get('meta') meta(@Req() request: FastifyRequest): object { return requestMeta(request); }
  @Get('list') list(@Query() query: PageQuery): object { return { ...query }; }
  @Get('uuid/:id') uuid(@UuidParam('id') id: string): object { return { id }; }
  @Get('named/:name') named(@Param('name') name: string): object { return { name }; }
  @Post('named/lookup') @HttpCode(200) lookup(): object { return { items: [] }; }
  @Post() create(@Body() body: ThingDto): object { return body; }
  @Patch() patch(@Body() body: ThingDto): object { return body; }
  @Post('etag') @HttpCode(200) postWithEtag(@Res({ passthrough: true }) reply: FastifyReply): object {
    reply.header('etag', '"7"');
    return { posted: true };
  }
  @Delete() @HttpCode(204) remove(): void {}

  @Put('upload') @RawBody() async upload(@Req() request: FastifyRequest): Promise<object> {
    let bytes = 0;
    for await (const chunk of request.raw) {
      bytes += (chunk as Buffer).length;
      if (bytes > 1024 * 1024) throw new AppError('avatar.too_large', 413, 'Too large.');
    }
    return { bytes, type: request.raw.headers['content-type'] ?? null };
  }

  @Put('refusing') @RawBody() refusing(): never { throw new AppError('auth.token_unknown', 401, 'Unknown token.'); }
}

export const openStreams = ThingsController.streams;
/** Emits `arrived` for each request of `/things/slow`, which is answered after `release`. */
export const slowRequests = new EventEmitter();

export interface HttpApp {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly port: number;
}

/** As they are by default. */
export const WAITS: HttpConfig['waits'] = { idleMs: 30_000, requestMs: 60_000, uploadMs: 900_000, keepAliveMs: 72_000, maxConnections: 4_096, maxConnectionsPerAddress: 512 };

export const httpConfig = (changes: Partial<HttpConfig> = {}): HttpConfig => ({
  host: '127.0.0.1',
  port: 0,
  publicUrl: 'http://localhost',
  allowedOrigins: [],
  ownOrigins: ['http://localhost'],
  isLoopbackOnly: false,
  trustedProxies: [],
  rateLimits: true,
  waits: WAITS,
  ...changes,
});

/** The whole HTTP layer on a real socket. */
export const startHttpApp = async (changes: Partial<HttpConfig> = {}, controllers: Type[] = [ThingsController]): Promise<HttpApp> => {
  class TestModule {}
  Module({ controllers })(TestModule);
  const config = httpConfig(changes);
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, new ServiceAdapter(config), { logger: false });
  setupHttp(app, config);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, port, url: `http://127.0.0.1:${port}` };
};

