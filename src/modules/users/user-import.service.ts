import { Injectable } from '@nestjs/common';
import { IdGenerator } from '../../kernel/clock/index.js';
import { AppError, type FieldFault } from '../../kernel/errors/index.js';
import { FieldChecks } from './field-checks.js';
import { readForeignHash } from './passwords/foreign-hash.js';
import type { NewUserRow } from './user-change.js';
import { emailKeyOf } from './folded-names.js';
import { checkDisplayName, checkEmail, checkExternalId, checkLocale, checkRoles, checkUsername, type Checked } from './user-fields.js';
import { UserWrites } from './user-writes.js';
import type { UserEntity } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

export type ImportFault = Pick<FieldFault, 'field' | 'code' | 'message'>;
export type CheckedImport = Omit<NewUserRow, 'id'>;

type Raw = Readonly<Record<string, unknown>>;

const FIELDS = ['email', 'username', 'displayName', 'externalId', 'locale', 'roles', 'emailVerified', 'disabled', 'passwordHash'] as const;

/** Accounts of another system, with the hashes of their passwords, which are made anew at the first sign-in. */
@Injectable()
export class UserImport {
  static readonly fields: readonly string[] = FIELDS;

  constructor(
    private readonly users: UsersRepository,
    private readonly writes: UserWrites,
    private readonly ids: IdGenerator,
  ) {}

  /** The row as it would be stored, or everything that is wrong with it. Null and an empty text are the same as nothing. */
  check(raw: Raw): CheckedImport | readonly ImportFault[] {
    const checks = new FieldChecks();
    const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null && value !== ''));
    const strange = Object.keys(given).filter((field) => !UserImport.fields.includes(field));
    checks.add(strange.map((field) => ({ field, code: 'field.unknown', message: 'No such field.' })));
    const row = {
      email: checks.take('email', given.email ?? '', text(checkEmail)) ?? '',
      username: checks.take('username', given.username ?? '', text(checkUsername)) ?? '',
      displayName: checks.take('displayName', given.displayName, text<string | null>(checkDisplayName)) ?? null,
      externalId: checks.take('externalId', given.externalId, text<string | null>(checkExternalId)) ?? null,
      locale: checks.take('locale', given.locale, text<string | null>(checkLocale)) ?? null,
      roles: checks.take('roles', given.roles, roles) ?? [],
      emailVerified: checks.take('emailVerified', given.emailVerified, flag) ?? false,
      disabled: checks.take('disabled', given.disabled, flag) ?? false,
      passwordHash: checks.take('passwordHash', given.passwordHash, text(passwordHash)) ?? null,
    };
    try {
      checks.done();
    } catch (error) {
      if (error instanceof AppError && error.errors) return error.errors;
      throw error;
    }
    return row;
  }

  /** For each row, in one question: whether somebody is this account already (`known`), nobody is (`new`), or somebody else has what is to be unique. */
  async outcomesOf(rows: readonly CheckedImport[]): Promise<('known' | 'new' | ImportFault)[]> {
    const found = await this.users.havingAny(
      rows.flatMap(({ externalId }) => (externalId === null ? [] : [externalId])),
      rows.map(({ email }) => emailKeyOf(email)),
      rows.map(({ username }) => username),
    );
    return rows.map((row) => outcomeOf(row, found));
  }

  /** Throws 409 for what is another's. */
  async create(row: CheckedImport): Promise<void> {
    await this.writes.create({ ...row, id: this.ids.next() });
  }
}

/** By its external id; by its address where that has none, or none was given. */
function outcomeOf({ email, username, externalId }: CheckedImport, found: readonly UserEntity[]): 'known' | 'new' | ImportFault {
  const byExternalId = externalId === null ? undefined : found.find((user) => user.externalId === externalId);
  const byEmail = found.find((user) => user.emailKey === emailKeyOf(email));
  const taken = (field: string, code: string): ImportFault => ({ field, code, message: 'Another account has it.' });
  if (byExternalId) return byEmail && byEmail !== byExternalId ? taken('email', 'user.email_taken') : 'known';
  if (byEmail) return externalId === null || byEmail.externalId === null ? 'known' : taken('email', 'user.email_taken');
  return found.some((user) => user.username === username) ? taken('username', 'user.username_taken') : 'new';
}

const fault = (code: string, message: string): { fault: { code: string; message: string } } => ({ fault: { code, message } });

const text =
  <T>(check: (raw: string) => Checked<T>) =>
  (raw: unknown): Checked<T> =>
    typeof raw === 'string' ? check(raw) : fault('field.invalid', 'A text.');

const flag = (raw: unknown): Checked<boolean> => {
  if (typeof raw === 'boolean') return { value: raw };
  const word = typeof raw === 'string' ? raw.toLowerCase() : '';
  if (['true', 'yes', '1'].includes(word)) return { value: true };
  return ['false', 'no', '0'].includes(word) ? { value: false } : fault('field.invalid', 'true or false.');
};

/** A list, or names with spaces between them. */
const roles = (raw: unknown): Checked<string[]> => {
  const names: unknown = typeof raw === 'string' ? raw.split(/[\s;|]+/).filter((name) => name !== '') : raw;
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? checkRoles(names) : fault('roles.invalid', 'Names of roles.');
};

const passwordHash = (raw: string): Checked<string> => {
  const read = readForeignHash(raw);
  return 'hash' in read ? { value: read.hash } : fault('password_hash.invalid', read.fault);
};
