export { AVATAR_USES_TABLE, PictureArchive } from './keeping/picture-archive.js';
export { probeAvatarStorage } from './storage/open-avatar-storage.js';
export { AvatarsModule } from './avatars.module.js';
export { OperatorPicture } from './operator/operator-picture.service.js';
export { PictureImport, type ImportOutcome } from './import/picture-import.service.js';
export { AvatarSweep } from './sweep/avatar-sweep.js';
export { KeptPictureDto } from './keeping/kept-picture.dto.js';
export { PictureHistory } from './keeping/picture-history.service.js';
export type { SweepOptions, SweepPhase, SweepProgress } from './sweep/sweep-report.js';
