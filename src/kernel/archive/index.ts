export { type ArchiveManifest, type SectionSummary } from './archive-format.js';
export { ArchiveReader, type ArchiveItem } from './archive-reader.js';
export { ArchiveFileFault, ArchiveRefused } from './archive-refused.js';
export { ArchiveWriter } from './archive-writer.js';
export { insertRows, rowPages, type ArchivedTable } from './archived-table.js';
