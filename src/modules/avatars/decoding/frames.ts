/*
 * Messages between the service and a decoder process: four bytes each for the lengths of the two parts (little endian), then a
 * head in JSON and a body of bytes. Pipes carry pictures of megabytes, which Node's own IPC channel copies several times.
 */

const LENGTHS_BYTES = 8;

/** More is no message. */
const MAX_BYTES = 1_100_000_000;

export interface Frame {
  readonly head: unknown;
  readonly body: Buffer;
}

/** The parts of one message, to be written in this order. */
export function framed(head: unknown, body: Uint8Array = new Uint8Array(0)): readonly Uint8Array[] {
  const text = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  return [lengths, text, body];
}

/** Puts messages together again from the chunks of a stream. `push` throws for what is no message. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private held = 0;
  private wanted = LENGTHS_BYTES;
  private lengths: { readonly head: number; readonly body: number } | null = null;

  constructor(private readonly onFrame: (frame: Frame) => void) {}

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.held += chunk.length;
    while (this.held >= this.wanted) this.step(this.take(this.wanted));
  }

  private step(bytes: Buffer): void {
    if (!this.lengths) {
      this.lengths = { head: bytes.readUInt32LE(0), body: bytes.readUInt32LE(4) };
      this.wanted = this.lengths.head + this.lengths.body;
      if (this.wanted > MAX_BYTES) throw new Error('no message is that long');
      return;
    }
    const { head } = this.lengths;
    this.lengths = null;
    this.wanted = LENGTHS_BYTES;
    this.onFrame({ head: JSON.parse(bytes.toString('utf8', 0, head)), body: bytes.subarray(head) });
  }

  private take(count: number): Buffer {
    const all = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    const rest = all.subarray(count);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.held = rest.length;
    return all.subarray(0, count);
  }
}
