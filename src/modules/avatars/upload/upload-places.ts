import { FairLine } from '../../../kernel/fair-queue/index.js';
import { avatarBusy } from '../avatars.errors.js';

/** One upload, from its first byte to its answer. */
export interface UploadPlace {
  /** So many bytes of it have come. Where there are too many of all uploads together, one that still arrives is displaced. */
  hold(bytes: number): void;
  /** It has come whole. Resolves when it is its turn to be worked on. @throws AppError avatar.busy (503) when too many wait, and nobody has more of them */
  startWork(): Promise<void>;
  leave(): void;
}

/** Whose upload it is. */
export interface Uploader {
  readonly userId: string;
  /** Network address: those who share one share a place in the round. Empty where it is not known. */
  readonly network: string;
}

export interface UploadSizes {
  /** Uploads worked on at once. */
  readonly atOnce: number;
  /** Uploads that may wait for it. */
  readonly waiting: number;
  /** Bytes of all uploads together. */
  readonly bytes: number;
}

interface Held {
  readonly uploader: Uploader;
  readonly displace: () => void;
  bytes: number;
  state: 'arriving' | 'waiting' | 'working' | 'over';
}

/**
 * Room for the uploads of one instance. What arrives takes as much of it as has come, and not a place in the queue of those that are worked on: a slow
 * upload keeps nobody waiting. When the room is full, the user who holds most of it loses the upload that has arrived longest. What has come waits
 * in a fair line, addresses in turn: nobody's uploads can shut out another's.
 */
export class UploadPlaces {
  /** In the order in which they began. */
  private readonly held = new Set<Held>();
  private readonly line: FairLine;
  private bytes = 0;
  private working = 0;

  constructor(private readonly sizes: UploadSizes) {
    // In a line that is full the greediest makes room, as in the room itself.
    this.line = new FairLine({ waiting: sizes.waiting, waitingPerCaller: sizes.waiting }, avatarBusy);
  }

  get isEmpty(): boolean {
    return this.held.size === 0;
  }

  /** `displace` is called at most once, and while its upload arrives. */
  enter(uploader: Uploader, displace: () => void): UploadPlace {
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
    while (this.bytes > this.sizes.bytes) {
      const victim = this.longestOfTheGreatest();
      if (!victim) return;
      this.leave(victim);
      victim.displace();
    }
  }

  private async startWork(upload: Held): Promise<void> {
    upload.state = 'waiting';
    if (this.working < this.sizes.atOnce) this.working += 1;
    else await this.line.wait({ caller: upload.uploader.network, rank: 0 });
    upload.state = 'working';
  }

  private leave(upload: Held): void {
    if (!this.held.delete(upload)) return;
    if (upload.state === 'working') this.handOver();
    upload.state = 'over';
    this.bytes -= upload.bytes;
  }

  private handOver(): void {
    if (this.line.isEmpty) this.working -= 1;
    else this.line.release();
  }

  private longestOfTheGreatest(): Held | undefined {
    const bytesByUser = new Map<string, number>();
    for (const { uploader: { userId }, bytes } of this.held) bytesByUser.set(userId, (bytesByUser.get(userId) ?? 0) + bytes);
    const arriving = [...this.held].filter(({ state }) => state === 'arriving');
    const greatest = Math.max(...arriving.map(({ uploader }) => bytesByUser.get(uploader.userId)!));
    return arriving.find(({ uploader }) => bytesByUser.get(uploader.userId) === greatest);
  }
}
