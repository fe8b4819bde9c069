export { AvatarsModule } from './avatars.module.js';
export { AvatarsService } from './avatars.service.js';
