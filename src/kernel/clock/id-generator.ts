import { randomFillSync } from 'node:crypto';
import { uuidFromBytes } from '../crypto/index.js';
import { Clock } from './clock.js';

/** New identifiers: UUIDv7, lower case (RFC 9562 §5.7). */
export abstract class IdGenerator {
  abstract next(): string;
}

export class UuidV7Generator extends IdGenerator {
  constructor(private readonly clock: Clock) {
    super();
  }

  override next(): string {
    const bytes = Buffer.alloc(16);
    randomFillSync(bytes, 6);
    bytes.writeUIntBE(this.clock.now().getTime(), 0, 6);
    bytes[6] = 0x70 | (bytes[6]! & 0x0f);
    bytes[8] = 0x80 | (bytes[8]! & 0x3f);
    return uuidFromBytes(bytes);
  }
}
