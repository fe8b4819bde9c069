/** The file of an archive cannot be read or written: `The archive cannot be written: ENOSPC.` */
export class ArchiveFileFault extends Error {
  override readonly name = 'ArchiveFileFault';

  constructor(verb: 'read' | 'written', cause: NodeJS.ErrnoException) {
    super(`The archive cannot be ${verb}: ${cause.code ?? cause.name}.`, { cause });
  }
}

/** An archive that is not taken, or cannot be made, with what to do in the message; it says nothing of what is in it. */
export class ArchiveRefused extends Error {
  override readonly name = 'ArchiveRefused';
}
