import { crc32 } from 'node:zlib';

const CHARS = 6;

/** Six base36 characters of CRC-32 by which secret scanners (and we, before any look-up) tell a real secret from a look-alike. */
export const checksumOf = (text: string): string => crc32(text).toString(36).padStart(CHARS + 1, '0').slice(-CHARS);

/** The text before a right checksum; null when the checksum is wrong. */
export const withoutChecksum = (text: string): string | null => {
  const body = text.slice(0, -CHARS);
  return body !== '' && text.slice(-CHARS) === checksumOf(body) ? body : null;
};
