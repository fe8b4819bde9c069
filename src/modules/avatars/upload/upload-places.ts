import { avatarBusy } from '../avatars.errors.js';

/** One upload, from its first byte to its answer. */
export interface UploadPlace {
  /** So many bytes of it have come. Where there are too many of all uploads together, one that still arrives is displaced. */
  hold(bytes: number): void;
  /** It has come whole, and is worked on. @throws AppError avatar.busy (503) when as many are worked on, or wait to be, as may be */
  startWork(): void;
  leave(): void;
}

interface Held {
  readonly uploader: string;
  readonly displace: () => void;
  bytes: number;
  state: 'arriving' | 'working' | 'over';
}

/**
 * Room for the uploads of one instance. What arrives takes as much of it as has come, and not a place in the queue of those that are worked on: a slow
 * upload keeps nobody waiting. When the room is full, the uploader who holds most of it loses the upload that has arrived longest, so that nobody's
 * uploads can shut out another's.
 */
export class UploadPlaces {
  /** In the order in which they began. */
  private readonly held = new Set<Held>();
  private bytes = 0;
  private working = 0;

  constructor(
    /** Uploads that may be worked on or wait for it. */
    private readonly maxWorking: number,
    /** Bytes of all uploads together. */
    private readonly maxBytes: number,
  ) {}

  get isEmpty(): boolean {
    return this.held.size === 0;
  }

  /** `displace` is called at most once, and while its upload arrives. */
  enter(uploader: string, displace: () => void): UploadPlace {
    const upload: Held = { uploader, displace, bytes: 0, state: 'arriving' };
    this.held.add(upload);
    return {
      hold: (bytes) => this.hold(upload, bytes),
      startWork: () => this.startWork(upload),
      leave: () => this.leave(upload),
    };
  }

  private hold(upload: Held, bytes: number): void {
    if (upload.state === 'over') return;
    upload.bytes += bytes;
    this.bytes += bytes;
    while (this.bytes > this.maxBytes) {
      const victim = this.longestOfTheGreatest();
      if (!victim) return;
      this.leave(victim);
      victim.displace();
    }
  }

  private startWork(upload: Held): void {
    if (this.working >= this.maxWorking) throw avatarBusy();
    this.working += 1;
    upload.state = 'working';
  }

  private leave(upload: Held): void {
    if (!this.held.delete(upload)) return;
    if (upload.state === 'working') this.working -= 1;
    upload.state = 'over';
    this.bytes -= upload.bytes;
  }

  private longestOfTheGreatest(): Held | undefined {
    const bytesByUploader = new Map<string, number>();
    for (const { uploader, bytes } of this.held) bytesByUploader.set(uploader, (bytesByUploader.get(uploader) ?? 0) + bytes);
    const arriving = [...this.held].filter(({ state }) => state === 'arriving');
    const greatest = Math.max(...arriving.map(({ uploader }) => bytesByUploader.get(uploader)!));
    return arriving.find(({ uploader }) => bytesByUploader.get(uploader) === greatest);
  }
}
