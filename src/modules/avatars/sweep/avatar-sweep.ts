import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/index.js';
import { parseDigest } from '../../users/index.js';
import { AvatarKeeper } from '../keeping/avatar-keeper.js';
import { GeneratedErasure } from '../keeping/generated-erasure.js';
import { AvatarStorage, type StorageRoot } from '../storage/avatar-storage.js';
import { nameAt } from '../storage/storage-paths.js';
import { GeneratedRemains } from './generated-remains.js';
import { SweepTally, type SweepOptions, type SweepProgress } from './sweep-report.js';
import { UploadedRemains } from './uploaded-remains.js';

const BATCH = 500;
const LEFTOVER_AGE_MS = 24 * 3600 * 1000;

/**
 * Removes what no user is or lately was shown with, and finds what is missing. Safe beside running uploads, on any number of
 * instances at once, and wherever it is interrupted.
 */
@Injectable()
export class AvatarSweep {
  constructor(
    private readonly storage: AvatarStorage,
    private readonly uploaded: UploadedRemains,
    private readonly generated: GeneratedRemains,
    private readonly keeper: AvatarKeeper,
    private readonly generatedErasure: GeneratedErasure,
    private readonly clock: Clock,
  ) {}

  /** Throws `avatar.storage_unavailable` or `service.unavailable` when it cannot go on; what was removed until then is counted by `onProgress`. */
  async run(options: SweepOptions): Promise<SweepProgress> {
    const tally = new SweepTally(options);
    if (!options.dryRun) {
      await this.keeper.eraseOverdue();
      await this.generatedErasure.eraseOverdue();
    }
    tally.enter('superseded');
    await this.uploaded.sweepSuperseded(tally);
    tally.enter('sources');
    for await (const keys of this.namesBelow('sources/', tally)) await this.uploaded.sweepOrphans(keys, tally);
    tally.enter('variants');
    for await (const digests of this.namesBelow('variants/', tally)) await this.sweepVariants(digests, tally);
    tally.count('leftovers', await this.storage.removeLeftovers(this.clock.now().getTime() - LEFTOVER_AGE_MS, options.dryRun));
    tally.enter('missing');
    await this.uploaded.findMissing(tally);
    tally.enter('done');
    return tally.progress();
  }

  private async sweepVariants(digests: readonly string[], tally: SweepTally): Promise<void> {
    const keys: Record<'uploaded' | 'generated', Set<string>> = { uploaded: new Set(), generated: new Set() };
    for (const digest of digests) {
      const parsed = parseDigest(digest);
      if (parsed) keys[parsed.kind].add(parsed.key);
      else tally.count('foreign');
    }
    await this.uploaded.sweepOrphans([...keys.uploaded], tally);
    await this.generated.sweep([...keys.generated], tally);
  }

  /** Names that were last written long enough ago to be looked at, each once, some hundreds at a time. */
  private async *namesBelow(root: StorageRoot, tally: SweepTally): AsyncIterable<string[]> {
    let batch = new Set<string>();
    for await (const { path, writtenAtMs } of this.storage.list(root)) {
      const name = nameAt(path);
      if (name === null) tally.count('foreign');
      // Variants say nothing by their age: they are looked at whenever they were made.
      else if (root === 'variants/' || this.uploaded.isOld(writtenAtMs)) batch.add(name);
      if (batch.size < BATCH) continue;
      yield* this.told(batch, tally);
      batch = new Set();
    }
    yield* this.told(batch, tally);
  }

  private async *told(batch: ReadonlySet<string>, tally: SweepTally): AsyncIterable<string[]> {
    if (batch.size === 0) return;
    tally.count('examined', batch.size);
    yield [...batch];
    tally.tell();
  }
}
