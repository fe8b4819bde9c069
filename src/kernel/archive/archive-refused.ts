/** An archive that is not taken, or cannot be made, with what to do in the message; it says nothing of what is in it. */
export class ArchiveRefused extends Error {
  override readonly name = 'ArchiveRefused';
}
