import { Global, Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/index.js';
import { Limits } from './limits.service.js';

@Global()
@Module({ imports: [MetricsModule], providers: [Limits], exports: [Limits] })
export class LimitsModule {}
