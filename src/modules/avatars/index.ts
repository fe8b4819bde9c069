export { AvatarsModule } from './avatars.module.js';
export { AvatarSweep } from './sweep/avatar-sweep.js';
export type { SweepOptions, SweepPhase, SweepProgress } from './sweep/sweep-report.js';
