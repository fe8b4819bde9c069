import { randomUUID } from 'node:crypto';
import { tracingChannel } from 'node:diagnostics_channel';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { S3Config } from '../../../kernel/config/index.js';
import { settlingAgents } from '../../../kernel/outbound/index.js';
import { storageUnavailable } from '../avatars.errors.js';
import { AvatarStorage, type StorageFolder, type StoragePath, type StorageRoot, type StoredFile } from './avatar-storage.js';

/** Two attempts, while a client waits; each may take `timeoutMs` to answer, and again to go on answering, but less to connect. */
const MAX_ATTEMPTS = 2;
const CONNECT_MS = 1_000;
/** All attempts together, and the waits between them, may take so many times `timeoutMs`. */
const WHOLE_FACTOR = 2.5;

/** More than the service makes variants and takes uploads at once; each is a connection. */
const MAX_SOCKETS = 64;

/** Tells who listens of each call: `{command}`, such as PutObjectCommand; attempts that failed and were made again are part of it. */
const CALLS = tracingChannel<object, { readonly command: string }>('likeness:s3:call');

const statusOf = (error: unknown): number | undefined => (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
const nameOf = (error: unknown): string | undefined => (error as Error | null)?.name;

/**
 * Whether it is said that there is no such object. A bucket that is not there is a failure, and never an absent picture: a HEAD
 * has no body to tell the two apart, so after a HEAD that finds nothing the bucket is asked for.
 */
const isAbsent = (error: unknown): boolean => nameOf(error) === 'NoSuchKey';

/** RFC 9110 §13.1.2: the condition did not hold (412), or another conditional write of the same object is under way (409). */
const isTaken = (error: unknown): boolean => statusOf(error) === 412 || statusOf(error) === 409;

/** Services that do not know conditional writes answer 501, or 400 with one of these. */
const isUnknownCondition = (error: unknown): boolean => statusOf(error) === 501 || ['NotImplemented', 'InvalidArgument'].includes(nameOf(error) ?? '');

const UNLESS_THERE = { IfNoneMatch: '*' };

interface ObjectName {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Pictures as objects of a bucket. A PUT is atomic and durable once it is acknowledged; S3 and Ceph read after a write what was
 * written. Every failure is `avatar.storage_unavailable`.
 */
export class S3AvatarStorage extends AvatarStorage {
  private readonly client: S3Client;
  private readonly wholeMs: number;
  /** Whether the service honours `If-None-Match: *`; asked of it before it is first needed. */
  private honoursCondition: Promise<boolean> | null = null;
  /** Writers of one path wait for each other where the service does not. */
  private readonly writing = new Map<string, Promise<unknown>>();

  constructor(private readonly config: S3Config) {
    super();
    this.wholeMs = WHOLE_FACTOR * config.timeoutMs;
    const agents = settlingAgents({ keepAlive: true, maxSockets: MAX_SOCKETS }, this.wholeMs);
    this.client = new S3Client({
      endpoint: config.endpoint,
      region: config.region,
      forcePathStyle: config.forcePathStyle,
      credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey },
      maxAttempts: MAX_ATTEMPTS,
      // Checksums in trailers are newer than most S3-compatible services; TLS and the signature of the whole body protect what is sent.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: Math.min(CONNECT_MS, config.timeoutMs),
        requestTimeout: config.timeoutMs,
        throwOnRequestTimeout: true,
        socketTimeout: config.timeoutMs,
        httpAgent: agents.http,
        httpsAgent: agents.https,
      } as S3ClientConfig['requestHandler'],
    });
    this.client.middlewareStack.add(
      (next, { commandName }) => (args) => (CALLS.hasSubscribers ? CALLS.tracePromise(() => next(args), { command: commandName ?? 'unknown' }) : next(args)),
      { step: 'initialize', name: 'likeness-calls' },
    );
  }

  override write(path: StoragePath, bytes: Buffer): Promise<void> {
    return this.guarded(async (abortSignal) => {
      await this.put(this.at(path), bytes, abortSignal);
    });
  }

  override writeOnce(path: StoragePath, bytes: Buffer): Promise<boolean> {
    return this.guarded(async (abortSignal) => {
      if (await this.isConditional(abortSignal)) return this.putUnlessThere(path, bytes, abortSignal);
      return this.inTurn(path, async () => {
        if (await this.isThere(path, abortSignal)) return false;
        await this.put(this.at(path), bytes, abortSignal);
        return true;
      });
    });
  }

  override read(path: StoragePath): Promise<Buffer | null> {
    return this.guarded(async (abortSignal) => {
      try {
        const { Body, ContentLength } = await this.client.send(new GetObjectCommand(this.at(path)), { abortSignal });
        const bytes = Buffer.from(await Body!.transformToByteArray());
        if (ContentLength !== undefined && ContentLength !== bytes.length) throw new Error('the object came in part');
        return bytes;
      } catch (error) {
        if (isAbsent(error)) return null;
        throw error;
      }
    });
  }

  override writtenAt(path: StoragePath): Promise<number | null> {
    return this.guarded(async (abortSignal) => {
      try {
        const { LastModified } = await this.client.send(new HeadObjectCommand(this.at(path)), { abortSignal });
        return LastModified!.getTime();
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        await this.requireBucket(abortSignal);
        return null;
      }
    });
  }

  override async *list(root: StorageRoot): AsyncIterable<StoredFile> {
    for (let token: string | undefined; ; ) {
      const page: ListObjectsV2CommandOutput = await this.guarded((abortSignal) => this.page(root, token, abortSignal));
      for (const { Key, LastModified } of page.Contents ?? []) {
        yield { path: Key!.slice(this.config.prefix.length), writtenAtMs: LastModified!.getTime() };
      }
      if (!page.IsTruncated) return;
      token = page.NextContinuationToken;
    }
  }

  override remove(path: StoragePath): Promise<void> {
    return this.guarded((abortSignal) => this.delete(this.at(path).Key, abortSignal));
  }

  /** One by one: services disagree about the checksum that a request to remove many must carry, and a digest has few variants. */
  override removeAll(folder: StorageFolder): Promise<void> {
    return this.guarded(async (abortSignal) => {
      for (;;) {
        const { Contents = [], IsTruncated } = await this.page(folder, undefined, abortSignal);
        await Promise.all(Contents.map(({ Key }) => this.delete(Key!, abortSignal)));
        if (!IsTruncated) return;
      }
    });
  }

  /** Nothing is ever left unfinished: an object is there whole, or not at all, and uploads in parts are not used. */
  override async removeLeftovers(): Promise<number> {
    return 0;
  }

  override probe(): Promise<void> {
    return this.guarded(async (abortSignal) => {
      const [Key, Body] = [`${this.config.prefix}probe/${randomUUID()}`, Buffer.from('probe')];
      const object = { Bucket: this.config.bucket, Key };
      await this.put(object, Body, abortSignal);
      const back = await (await this.client.send(new GetObjectCommand(object), { abortSignal })).Body!.transformToString();
      await this.client.send(new DeleteObjectCommand(object), { abortSignal });
      if (back !== 'probe') throw new Error('the picture store gave back other bytes than were written');
    });
  }

  override close(): void {
    this.client.destroy();
  }

  private async put(object: ObjectName, bytes: Buffer, abortSignal: AbortSignal, condition: { readonly IfNoneMatch?: string } = {}): Promise<void> {
    await this.client.send(new PutObjectCommand({ ...object, ...condition, Body: bytes, ContentLength: bytes.length }), { abortSignal });
  }

  private async delete(Key: string, abortSignal: AbortSignal): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.config.bucket, Key }), { abortSignal });
  }

  private async putUnlessThere(path: StoragePath, bytes: Buffer, abortSignal: AbortSignal): Promise<boolean> {
    try {
      await this.put(this.at(path), bytes, abortSignal, UNLESS_THERE);
      return true;
    } catch (error) {
      // 409: another conditional write was under way, or a removal; only what is there was written.
      if (!isTaken(error) || (statusOf(error) === 409 && !(await this.isThere(path, abortSignal)))) throw error;
      return false; // also when the answer to a first attempt was lost
    }
  }

  /** Some services refuse the condition, others pass over it in silence: a second write of the same object tells. */
  private isConditional(abortSignal: AbortSignal): Promise<boolean> {
    this.honoursCondition ??= this.tryCondition(abortSignal).catch((error: unknown) => {
      this.honoursCondition = null;
      throw error;
    });
    return this.honoursCondition;
  }

  private async tryCondition(abortSignal: AbortSignal): Promise<boolean> {
    const object = { Bucket: this.config.bucket, Key: `${this.config.prefix}probe/${randomUUID()}` };
    try {
      for (let attempt = 0; attempt < 2; attempt += 1) await this.put(object, Buffer.from('probe'), abortSignal, UNLESS_THERE);
      return false;
    } catch (error) {
      if (isTaken(error)) return true;
      if (isUnknownCondition(error)) return false;
      throw error;
    } finally {
      await this.delete(object.Key, abortSignal).catch(() => undefined); // what is left of it is small, and not below a root
    }
  }

  /**
   * Where the service has no conditional writes, first-writer-wins holds within this process. Two instances can write the same
   * variant one after the other; its bytes are then alike, except while two releases of an encoder run side by side.
   */
  private async inTurn<T>(path: StoragePath, work: () => Promise<T>): Promise<T> {
    const earlier = this.writing.get(path) ?? Promise.resolve();
    const mine = earlier.then(work, work);
    this.writing.set(path, mine);
    try {
      return await mine;
    } finally {
      if (this.writing.get(path) === mine) this.writing.delete(path);
    }
  }

  private async isThere(path: StoragePath, abortSignal: AbortSignal): Promise<boolean> {
    try {
      await this.client.send(new HeadObjectCommand(this.at(path)), { abortSignal });
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  /** A HEAD that finds nothing does not say whether the bucket is there. */
  private async requireBucket(abortSignal: AbortSignal): Promise<void> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.config.bucket }), { abortSignal });
  }

  private page(below: string, token: string | undefined, abortSignal: AbortSignal): Promise<ListObjectsV2CommandOutput> {
    return this.client.send(
      new ListObjectsV2Command({ Bucket: this.config.bucket, Prefix: this.config.prefix + below, ...(token === undefined ? {} : { ContinuationToken: token }) }),
      { abortSignal },
    );
  }

  private at(path: StoragePath): ObjectName {
    return { Bucket: this.config.bucket, Key: this.config.prefix + path };
  }

  private async guarded<T>(work: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await work(AbortSignal.timeout(this.wholeMs));
    } catch (error) {
      throw storageUnavailable(error);
    }
  }
}
