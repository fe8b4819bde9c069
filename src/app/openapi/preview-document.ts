import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { loadConfig } from '../../kernel/config/index.js';
import { ServiceAdapter } from '../../kernel/http/index.js';
import { AppModule } from '../app.module.js';
import { buildDocument } from './build-document.js';

/** The document without a database: Nest's preview mode reads the modules and makes nothing of them. */
export const previewDocument = async (): Promise<OpenAPIObject> => {
  const config = loadConfig({ NODE_ENV: 'test', MASTER_KEY: Buffer.alloc(32).toString('base64') });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), new ServiceAdapter(config.http), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  const document = buildDocument(app);
  await app.close();
  return document;
};
