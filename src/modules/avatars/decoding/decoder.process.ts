import { writeFileSync, writeSync } from 'node:fs';
import type { DecoderAllowance, DecoderRefusal, DecoderRequest } from './decoder-messages.js';
import { framed, FrameReader, type Frame } from './frames.js';
import { PictureDecoder } from './picture-decoder.js';

/** How often memory and time are looked at while a picture is worked on. The decoder fills about 2 MiB a millisecond. */
const WATCH_INTERVAL_MS = 10;
const STDOUT = 1;

/** At once: `process.exit` would wait for the thread that decodes. */
const die = (): void => void process.kill(process.pid, 'SIGKILL');

/** Where memory runs out, the kernel ends this process, and not the service. */
function offerToOutOfMemoryKiller(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux, or not allowed: then the limits of memory below are all there is.
  }
}

async function within<T>({ memoryBytes, processorMs }: DecoderAllowance, work: () => Promise<T>): Promise<T> {
  const maxResident = process.memoryUsage.rss() + memoryBytes;
  const before = process.cpuUsage();
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() > maxResident) endFor('memory', `more than ${memoryBytes} bytes`);
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1_000 > processorMs) endFor('time', `more than ${processorMs} ms`);
  }, WATCH_INTERVAL_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function endFor(refused: DecoderRefusal['refused'], reason: string): void {
  try {
    for (const part of framed({ refused, reason } satisfies DecoderRefusal)) writeSync(STDOUT, part);
  } finally {
    die();
  }
}

const decoder = new PictureDecoder();

async function answer({ head, body }: Frame): Promise<void> {
  const request = head as DecoderRequest;
  const { answer: said, body: made } = await within<{ readonly answer: unknown; readonly body?: Buffer }>(request.allowance, async () =>
    request.ask === 'inspect' ? { answer: await decoder.inspect(body, request.maxPixels) } : decoder.decode(request.plan),
  );
  for (const part of framed(said, made)) process.stdout.write(part);
}

offerToOutOfMemoryKiller();
const reader = new FrameReader((frame) => void answer(frame)); // never rejects
// The pipe closes when the service ends, however it ends.
process.stdin.on('data', (chunk: Buffer) => reader.push(chunk)).on('end', die).on('error', die);
process.stdout.on('error', die);
for (const part of framed({ isReady: true })) process.stdout.write(part);
