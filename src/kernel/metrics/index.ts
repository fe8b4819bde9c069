export { MetricsListener } from './metrics-listener.service.js';
export { MetricsModule } from './metrics.module.js';
export { Metrics } from './metrics.service.js';
export { RequestMeter } from './request-meter.js';
export type { Tally } from './tally.js';
