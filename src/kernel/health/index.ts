export { HealthModule } from './health.module.js';
export { NotReadyError } from './not-ready.error.js';
export { ReadinessRegistry, type ReadinessCheck } from './readiness-registry.js';
