import { availableParallelism } from 'node:os';
import { Logger, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Clock } from '../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig } from '../../kernel/config/index.js';
import { ReadinessRegistry } from '../../kernel/health/index.js';
import { UsersModule } from '../users/index.js';
import { PictureGate } from './access/picture-gate.js';
import { PictureLinks } from './access/picture-links.js';
import { SignedUrlsController } from './access/signed-urls.controller.js';
import { SignedUrlsService } from './access/signed-urls.service.js';
import { AvatarMetrics } from './avatar-metrics.js';
import { AvatarsController } from './avatars.controller.js';
import { AvatarsService } from './avatars.service.js';
import { GeneratedPictureRenderer } from './generated/generated-picture.renderer.js';
import { DecoderPool } from './decoding/decoder-pool.js';
import { DefaultPictures } from './gravatar/default-pictures.service.js';
import { GravatarController } from './gravatar/gravatar.controller.js';
import { GravatarService } from './gravatar/gravatar.service.js';
import { AvatarImportController } from './import/avatar-import.controller.js';
import { GravatarImport } from './import/gravatar-import.js';
import { PictureFetcher } from './import/picture-fetcher.js';
import { PictureImport } from './import/picture-import.service.js';
import { ImmutablePicturesController } from './immutable-pictures.controller.js';
import { AvatarKeeper } from './keeping/avatar-keeper.js';
import { AvatarUseEntity } from './keeping/avatar-use.entity.js';
import { AvatarUsesRepository } from './keeping/avatar-uses.repository.js';
import { GeneratedErasure } from './keeping/generated-erasure.js';
import { GeneratedLeftoverEntity } from './keeping/generated-leftover.entity.js';
import { GeneratedLeftoversRepository } from './keeping/generated-leftovers.repository.js';
import { PictureArchive } from './keeping/picture-archive.js';
import { PictureHistory } from './keeping/picture-history.service.js';
import { OperatorPictureController } from './operator/operator-picture.controller.js';
import { OperatorPicture } from './operator/operator-picture.service.js';
import { DecodeGate } from './pipeline/decode-gate.js';
import { PicturePipeline } from './pipeline/picture-pipeline.js';
import { PictureCallers } from './showing/picture-callers.js';
import { CurrentPictureShortWay, ImmutablePictureShortWay } from './showing/picture.short-ways.js';
import { PictureResponder } from './showing/picture-responder.js';
import { PictureShelf } from './showing/picture-shelf.js';
import { AvatarStorage } from './storage/avatar-storage.js';
import { MeteredAvatarStorage } from './storage/metered-avatar-storage.js';
import { openAvatarStorage } from './storage/open-avatar-storage.js';
import { PictureBytes } from './storage/picture-bytes.js';
import { AvatarSweep } from './sweep/avatar-sweep.js';
import { GeneratedRemains } from './sweep/generated-remains.js';
import { SweepSchedule } from './sweep/sweep-schedule.js';
import { UploadedRemains } from './sweep/uploaded-remains.js';
import { UploadedPictureInterceptor } from './upload/uploaded-picture.interceptor.js';

/** Variants that may wait to be made: a page full of pictures that nobody has looked at yet must not fail. */
const VARIANT_QUEUE = 2_000;

const logger = new Logger('Avatars');

/** Pictures: what users put, what is drawn for the others, and how both are served. */
@Module({
  imports: [TypeOrmModule.forFeature([AvatarUseEntity, GeneratedLeftoverEntity]), UsersModule],
  controllers: [AvatarsController, AvatarImportController, SignedUrlsController, OperatorPictureController, ImmutablePicturesController, GravatarController],
  providers: [
    AvatarMetrics,
    {
      provide: AvatarStorage,
      useFactory: async (config: AppConfig, clock: Clock, metrics: AvatarMetrics): Promise<AvatarStorage> =>
        new MeteredAvatarStorage(await openAvatarStorage(config, clock), metrics),
      inject: [APP_CONFIG, Clock, AvatarMetrics],
    },
    {
      provide: DecodeGate,
      useFactory: ({ avatars }: AppConfig): DecodeGate => new DecodeGate(avatars.decodeConcurrency, { upload: avatars.decodeQueue, variant: VARIANT_QUEUE }, availableParallelism()),
      inject: [APP_CONFIG],
    },
    {
      provide: DecoderPool,
      useFactory: ({ avatars }: AppConfig, metrics: AvatarMetrics): DecoderPool =>
        new DecoderPool({ timeoutMs: avatars.decodeTimeoutMs, memoryBytes: avatars.decodeMemoryBytes }, (error) => {
          logger.warn(error.message);
          metrics.decoderEnded(error.end);
        }),
      inject: [APP_CONFIG, AvatarMetrics],
    },
    {
      provide: PicturePipeline,
      useFactory: (gate: DecodeGate, { avatars }: AppConfig, decoders: DecoderPool, metrics: AvatarMetrics) => new PicturePipeline(gate, avatars, decoders, metrics),
      inject: [DecodeGate, APP_CONFIG, DecoderPool, AvatarMetrics],
    },
    { provide: GeneratedPictureRenderer, useFactory: (gate: DecodeGate) => new GeneratedPictureRenderer(gate), inject: [DecodeGate] },
    PictureBytes,
    AvatarUsesRepository,
    AvatarKeeper,
    PictureArchive,
    PictureHistory,
    GeneratedLeftoversRepository,
    GeneratedErasure,
    UploadedRemains,
    GeneratedRemains,
    AvatarSweep,
    SweepSchedule,
    PictureLinks,
    PictureGate,
    SignedUrlsService,
    PictureShelf,
    PictureCallers,
    AvatarsService,
    PictureResponder,
    CurrentPictureShortWay,
    ImmutablePictureShortWay,
    OperatorPicture,
    DefaultPictures,
    GravatarService,
    UploadedPictureInterceptor,
    {
      provide: PictureFetcher,
      useFactory: ({ avatars, environment }: AppConfig) =>
        new PictureFetcher({ maxBytes: avatars.maxBytes, allowedNetworks: avatars.importAllowedNetworks, isHttpAllowed: environment !== 'production' }),
      inject: [APP_CONFIG],
    },
    PictureImport,
    GravatarImport,
  ],
  exports: [AvatarSweep, OperatorPicture, PictureArchive, PictureImport, PictureHistory],
})
export class AvatarsModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly storage: AvatarStorage,
    private readonly decoders: DecoderPool,
    private readonly readiness: ReadinessRegistry,
  ) {}

  onModuleInit(): void {
    this.readiness.register('storage', async () => {
      await this.storage.probe();
      return { status: 'up' };
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.decoders.close();
    this.storage.close();
  }
}
