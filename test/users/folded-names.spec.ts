import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { UsersRepository } from '../../src/modules/users/users.repository.js';
import { EmailAddresses } from '../../src/modules/users/index.js';
import { usersRig, type UsersRig } from './users-rig.js';

const LOCALES = [
  ['C', `ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc`],
  ['Turkish, by ICU', `ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr'`],
  ['C.UTF-8, builtin', `ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'`],
] as const;

describe.each(LOCALES.map(([locale, as]) => ({ locale, as })))('the search in a database of the locale $locale', ({ as }) => {
  let rig: UsersRig;
  const found = async (q: string): Promise<(string | null)[]> => (await rig.get(UsersRepository).pageAfter(null, 50, { q })).map(({ displayName }) => displayName);

  beforeAll(async () => {
    rig = await usersRig({ isWithRedis: false, as });
    for (const displayName of ['IRIS', 'ÖZGÜR', 'ΓΙΩΡΓΟΣ', 'İpek', 'Isparta ılık', 'Straße']) await rig.add({ displayName });
    await rig.add({ displayName: 'Max', email: 'Max@Bücher.example' });
  });
  afterAll(() => rig.close());

  it.each([
    ['IRIS', ['iris', 'IRIS', 'Iri', 'İRİS']],
    ['ÖZGÜR', ['özgür', 'ÖZGÜR', 'Özgü', 'o\u0308zgu\u0308r']],
    ['ΓΙΩΡΓΟΣ', ['ΓΙΩΡΓΟΣ', 'γιωργος', 'γιωργοσ', 'Γιωργο']],
    ['İpek', ['İpek', 'ipek', 'IPEK', 'i\u0307pek']],
    ['Isparta ılık', ['isparta', 'ISPARTA', 'ılık', 'ILIK']],
    ['Straße', ['straße', 'STRASSE', 'strasse', 'STRAẞE']],
    ['Max', ['max@bücher', 'MAX@BÜCHER.EXAMPLE', 'xn--bcher-kva', 'bücher']],
  ])('finds %s however it is written', async (name, queries) => {
    for (const q of queries) expect([q, await found(q)]).toEqual([q, [name]]);
  });
});

describe('accounts that an older version wrote', () => {
  let rig: UsersRig;
  beforeAll(async () => {
    rig = await usersRig({ isWithRedis: false });
  });
  afterAll(() => rig.close());

  /** As they were before addresses had a key in ASCII, and names were folded. */
  const older = async (name: string, email: string): Promise<string> => {
    const { userId } = await rig.add({ displayName: name, email: `${name}@older.example`, username: name.toLowerCase() });
    await rig.observer.query('UPDATE users SET email = $2, email_key = lower($2), search_text = NULL, folded_version = NULL WHERE id = $1', [userId, email]);
    return userId;
  };
  const ownerOf = async (email: string): Promise<string | undefined> => (await rig.get(EmailAddresses).ownerOf(email))?.userId;
  const found = async (q: string): Promise<string[]> => (await rig.get(UsersRepository).pageAfter(null, 50, { q })).map(({ id }) => id);

  it('are folded when an instance starts: found by name, and by either spelling of their address', async () => {
    const lone = await older('Lone', 'lone@bücher.example');
    const first = await older('First', 'both@bücher.example');
    const second = await older('Second', 'both@xn--bcher-kva.example');
    expect([await found('lone'), await ownerOf('lone@xn--bcher-kva.example')]).toEqual([[], undefined]);
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await rig.another();
    const lines = warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('two spellings'));
    warn.mockRestore();
    expect(await found('LONE')).toEqual([lone]);
    for (const email of ['lone@bücher.example', 'LONE@XN--BCHER-KVA.example']) expect(await ownerOf(email)).toBe(lone);
    // One mailbox, two accounts: the one that has the key keeps it, and the operator hears of both.
    for (const email of ['both@bücher.example', 'both@xn--bcher-kva.example']) expect(await ownerOf(email)).toBe(second);
    expect(lines).toEqual([expect.stringContaining(`Accounts ${first} and ${second}`)]);
    await rig.observer.query('UPDATE users SET version = version + 1, display_name = $2 WHERE id = $1', [lone, 'Renamed']);
    await rig.another();
    expect([await found('lone'), await found('renamed')]).toEqual([[lone], [lone]]);
  });

  it('cannot be joined by a second account of the same mailbox', async () => {
    await rig.add({ email: 'max@bücher.example', username: 'max1' });
    await expect(rig.add({ email: 'max@xn--bcher-kva.example', username: 'max2' })).rejects.toMatchObject({ code: 'user.email_taken' });
    expect((await rig.users.snapshot((await ownerOf('max@xn--bcher-kva.example'))!))?.dto.email).toBe('max@bücher.example');
  });
});
