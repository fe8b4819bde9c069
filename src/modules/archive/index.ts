export { ARCHIVED_TABLES, LEFT_OUT, sectionOf } from './archive-contents.js';
export { ArchiveModule } from './archive.module.js';
export { InstanceExport } from './instance-export.service.js';
export { InstanceImport } from './instance-import.service.js';
