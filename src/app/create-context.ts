import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AppConfig, LogLevel } from '../kernel/config/index.js';
import { AppModule } from './app.module.js';
import { JsonLogger, standardStream } from './json-logger.service.js';

const STANDARD_ERROR = 2;

/** The same service without its HTTP side, for the command line; it logs to the standard error. */
export const createContext = (config: AppConfig): Promise<INestApplicationContext> =>
  NestFactory.createApplicationContext(AppModule.forRoot(config), {
    logger: errorLogger(config.logLevel),
    abortOnError: false,
  });

/** For what runs without the service. */
export function logToStandardError(level: LogLevel): void {
  Logger.overrideLogger(errorLogger(level));
}

const errorLogger = (level: LogLevel): JsonLogger => new JsonLogger(level, standardStream(STANDARD_ERROR));
