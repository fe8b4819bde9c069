import { Injectable } from '@nestjs/common';
import { IdGenerator } from '../../kernel/clock/index.js';
import { FieldChecks } from './field-checks.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { PasswordPolicy } from './passwords/password-policy.js';
import { checkDisplayName, checkEmail, checkExternalId, checkLocale, checkRoles, checkUsername } from './user-fields.js';
import type { NewUserInput } from './user-input.js';
import type { UserRecord } from './user-record.js';
import { UserWrites, type WithinCreation } from './user-writes.js';

/** Makes accounts, for whoever may ask for one. */
@Injectable()
export class UserCreation {
  constructor(
    private readonly writes: UserWrites,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly ids: IdGenerator,
  ) {}

  async create(input: NewUserInput, within?: WithinCreation): Promise<UserRecord> {
    const row = this.checked(input);
    // Before the transaction: it takes 20 ms of a core, and no lock may wait for that.
    const passwordHash = input.password === undefined ? null : await this.hasher.hash(input.password);
    return this.writes.create({ ...row, id: this.ids.next(), passwordHash }, within);
  }

  private checked(input: NewUserInput): {
    email: string;
    username: string;
    displayName: string | null;
    locale: string | null;
    roles: string[];
    externalId: string | null;
    emailVerified: boolean;
  } {
    const checks = new FieldChecks();
    const row = {
      email: checks.take('email', input.email, checkEmail) ?? '',
      username: checks.take('username', input.username, checkUsername) ?? '',
      displayName: checks.take('displayName', input.displayName, checkDisplayName) ?? null,
      locale: checks.take('locale', input.locale, checkLocale) ?? null,
      roles: checks.take('roles', input.roles, checkRoles) ?? [],
      externalId: checks.take('externalId', input.externalId, checkExternalId) ?? null,
      emailVerified: input.emailVerified ?? false,
    };
    if (input.password !== undefined) checks.add(this.policy.check(input.password, row));
    checks.done();
    return row;
  }
}
