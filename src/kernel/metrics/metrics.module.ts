import { Global, Module } from '@nestjs/common';
import { MetricsListener } from './metrics-listener.service.js';
import { Metrics } from './metrics.service.js';

@Global()
@Module({ providers: [Metrics, MetricsListener], exports: [Metrics, MetricsListener] })
export class MetricsModule {}
