import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../src/kernel/clock/clock.js';
import { UuidV7Generator } from '../../src/kernel/clock/id-generator.js';
import { FileMailer } from '../../src/kernel/mail/file.mailer.js';
import { describeMailer, MAIL } from './mailer.contract.js';
import { readMail } from './read-mail.js';

const clock = new SystemClock();
const ids = new UuidV7Generator(clock);
const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describeMailer('file', async (from) => {
  const folder = join(await mkdtemp(join(tmpdir(), 'likeness-mail-')), 'mail');
  Logger.overrideLogger(false);
  return {
    mailer: new FileMailer(folder, from, ids, clock),
    arrived: async () => Promise.all((await readdir(folder)).sort().map(async (name) => readMail(await readFile(join(folder, name), 'latin1')))),
    breakDown: () => writeFile(folder, 'a file where the folder should be'),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('the file mailer, beside the contract', () => {
  let root: string;
  let folder: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'likeness-mail-'));
    folder = join(root, 'mail');
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await rm(root, { recursive: true, force: true });
  });

  it('lets nobody else read, whatever the folder was like before', async () => {
    await mkdir(folder);
    await chmod(folder, 0o755);
    await new FileMailer(folder, 'a@example.test', ids, clock).send(MAIL);
    const names = await readdir(folder);
    expect(names).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\.eml$/)]);
    expect([await modeOf(folder), await modeOf(join(folder, names[0]!))]).toEqual(['700', '600']);
  });

  it('names the file in the log, and not the reader', async () => {
    const said: string[] = [];
    const line = (message: unknown): void => void said.push(String(message));
    Logger.overrideLogger({ log: line, warn: line, error: line, debug: line, verbose: line });
    await new FileMailer(folder, 'a@example.test', ids, clock).send(MAIL);
    Logger.overrideLogger(false);
    const [name] = await readdir(folder);
    expect(said).toEqual([`Mail written to ${join(folder, name!)}`]);
    expect(said.join()).not.toContain(MAIL.to);
  });

  it('keeps the newest thousand of its mails, none for longer than a week, and every other file', async () => {
    await mkdir(folder);
    const madeAt = (time: number): string => new UuidV7Generator({ now: () => new Date(time) }).next();
    const now = Date.now();
    const minutesAgo = (minutes: number): string => madeAt(now - minutes * 60_000);
    const week = 7 * 24 * 60;
    const [old, cutOff, young] = [`${minutesAgo(week + 1)}.eml`, `${minutesAgo(week + 1)}.eml.part`, `${minutesAgo(week - 1)}.eml`];
    for (const name of [old, cutOff, young, 'mine.eml', 'notes.txt']) await writeFile(join(folder, name), '');
    const mailer = new FileMailer(folder, 'a@example.test', ids, clock);
    await mailer.send(MAIL);
    expect((await readdir(folder)).sort()).toEqual([young, expect.stringMatching(/\.eml$/), 'mine.eml', 'notes.txt'].sort());

    const many = Array.from({ length: 1_000 }, (_, index) => `${minutesAgo(1_000 - index)}.eml`);
    await Promise.all(many.map((name) => writeFile(join(folder, name), '')));
    await mailer.send(MAIL);
    const left = (await readdir(folder)).filter((name) => /^[0-9a-f-]{36}\.eml$/.test(name));
    expect(left.length).toBe(1_000);
    expect(left).not.toContain(young);
    expect([left.includes(many[1]!), left.includes(many[2]!)]).toEqual([false, true]);
  });
});
