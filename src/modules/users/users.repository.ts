import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { isUuid } from '../../kernel/cache/index.js';
import { PreparedReads } from '../../kernel/database/index.js';
import { foldText } from './folded-names.js';
import { DefaultPictureEntity } from './default-picture.entity.js';
import { UserEntity } from './user.entity.js';

export interface UserFilter {
  /** Matched anywhere in email, username and display name, whatever the case. */
  readonly q?: string;
  readonly role?: string;
  readonly disabled?: boolean;
}

/** First half of the two-part advisory lock of a user's writers; the second is a part of the id (another user with that part is only kept less often). */
const WRITERS_LOCK = 1_970_496_882;

/** Of the random half of a UUIDv7. */
const lockKeyOf = (userId: string): number => Buffer.from(userId.slice(-8), 'hex').readInt32BE();

/** What `users_roles_index` holds: those few. Nothing tells the planner how rare a role is that no sample has met. */
const HAS_ROLES = `u.roles <> '{}'`;

/** What `users_foreign_hash_index` holds: those few, or none. */
const FOREIGN_HASH = `password_hash NOT LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'`;

/** Whatever holds these characters, in this order. */
const patternOf = (q: string): string => `%${foldText(q).replaceAll(/[\\%_]/g, '\\$&')}%`;

/** The questions asked of `users`. Always of the primary: what is read here is never older than what was acknowledged. */
@Injectable()
export class UsersRepository {
  private columnList: string | null = null;

  constructor(
    @InjectRepository(UserEntity) private readonly users: Repository<UserEntity>,
    private readonly reads: PreparedReads,
  ) {}

  byId(id: string): Promise<UserEntity | null> {
    return this.users.findOneBy({ id });
  }

  /**
   * The user, and whether a writer held the row at a moment before it was read: then it may be about to be superseded, by a write whose fence nobody
   * sees any more (docs/decisions/0011-probed-fills.md). In this order, and in one round trip.
   */
  async byIdProbed(id: string): Promise<{ readonly user: UserEntity | null; readonly isHeld: boolean }> {
    if (!isUuid(id)) throw new RangeError('not the id of a user');
    const [[probe], [row]] = await this.reads.oneAfterTheOther<{ isFree: boolean }, Record<string, unknown>>(
      `SELECT pg_try_advisory_xact_lock_shared(${WRITERS_LOCK}, ${lockKeyOf(id)}) AS "isFree"`,
      `SELECT * FROM users WHERE id = '${id}'`,
    );
    return { user: row ? this.entityOf(row) : null, isHeld: probe?.isFree !== true };
  }

  byIds(ids: readonly string[]): Promise<UserEntity[]> {
    return this.users.findBy({ id: In([...ids]) });
  }

  byEmailKey(emailKey: string): Promise<UserEntity | null> {
    return this.signingIn('email_key', emailKey);
  }

  /** The user who may be found by this hash (hex, MD5 or SHA-256) of a verified address, having opted in. */
  byEmailHash(hash: string): Promise<UserEntity | null> {
    const column = hash.length === 32 ? 'email_md5' : 'email_sha256';
    return this.users.createQueryBuilder('u').where(`u.${column} = :hash AND u.gravatar_opt_in AND u.email_verified`, { hash }).getOne();
  }

  byUsername(username: string): Promise<UserEntity | null> {
    return this.signingIn('username', username);
  }

  /** Whoever has one of these already. */
  havingAny(externalIds: readonly string[], emailKeys: readonly string[], usernames: readonly string[]): Promise<UserEntity[]> {
    return this.users.find({ where: [{ externalId: In([...externalIds]) }, { emailKey: In([...emailKeys]) }, { username: In([...usernames]) }] });
  }

  /** Hashes that are not of this form, by the work that they take: one of each, and which part of all accounts with a password has such ones. */
  async otherHashes(currentForm: string): Promise<{ readonly example: string; readonly share: number }[]> {
    return this.users.query(
      `WITH kinds AS (
         SELECT min(password_hash) AS example, count(*) AS users FROM users WHERE ${FOREIGN_HASH} AND NOT starts_with(password_hash, $1)
         GROUP BY (string_to_array(password_hash, '$'))[2:CASE WHEN password_hash LIKE '$argon2%' THEN 4 ELSE 3 END])
       SELECT example, users::float8 / (SELECT count(*) FROM users WHERE password_hash IS NOT NULL) AS share FROM kinds ORDER BY example`,
      [currentForm],
    );
  }

  byExternalId(externalId: string): Promise<UserEntity | null> {
    return this.users.findOneBy({ externalId });
  }

  /** Accounts whose folded names are not of their version, under lock; those that somebody else holds are left to another time. */
  unfolded(manager: EntityManager, limit: number): Promise<UserEntity[]> {
    const query = manager.createQueryBuilder(UserEntity, 'u').where('u.folded_version IS DISTINCT FROM u.version').orderBy('u.id').limit(limit);
    return query.setLock('pessimistic_write').setOnLocked('skip_locked').getMany();
  }

  /** Until the transaction has ended, and its commit is to be seen: the row, and the lock that readers probe. */
  lockForUpdate(manager: EntityManager, id: string): Promise<UserEntity | null> {
    return manager
      .createQueryBuilder(UserEntity, 'u')
      .addSelect('pg_advisory_xact_lock(:lock, :key)')
      .where('u.id = :id', { id, lock: WRITERS_LOCK, key: lockKeyOf(id) })
      .setLock('pessimistic_write')
      .getOne();
  }

  /** Whether this address belongs to an account other than `userId`. */
  emailBelongsToAnother(manager: EntityManager, emailKey: string, userId: string): Promise<boolean> {
    return manager.createQueryBuilder(UserEntity, 'u').where('u.email_key = :emailKey AND u.id <> :userId', { emailKey, userId }).getExists();
  }

  /** Whether anybody but `userId` could administer the service. */
  anotherAdminExists(manager: EntityManager, userId: string | null): Promise<boolean> {
    return manager
      .createQueryBuilder(UserEntity, 'u')
      .where(`${HAS_ROLES} AND u.roles @> ARRAY['admin'] AND NOT u.disabled AND u.id IS DISTINCT FROM :userId`, { userId })
      .getExists();
  }

  /** Some user whose generated picture has this key. */
  byGeneratedKey(generatedKey: string): Promise<UserEntity | null> {
    return this.users.findOneBy({ generatedKey });
  }

  /** Those of the keys that are some user's. */
  async generatedKeysAmong(keys: readonly string[]): Promise<string[]> {
    const rows = await this.users.createQueryBuilder('u').select('DISTINCT u.generated_key', 'key').where('u.generated_key = ANY(:keys)', { keys }).getRawMany<{ key: string }>();
    return rows.map(({ key }) => key);
  }

  /** By a user, or as the default one. */
  async pictureIsNamed(pictureKey: string): Promise<boolean> {
    return (await this.users.existsBy({ pictureKey })) || this.users.manager.existsBy(DefaultPictureEntity, { pictureKey });
  }

  /** In order of creation, after the user of this id: whoever is there and fits from the first page to the last is on exactly one. */
  pageAfter(afterId: string | null, limit: number, filter: UserFilter): Promise<UserEntity[]> {
    return this.pageQuery(afterId, limit, filter).getMany();
  }

  /** The question of `pageAfter`, for who wants to see how it is answered. */
  pageQuery(afterId: string | null, limit: number, filter: UserFilter): SelectQueryBuilder<UserEntity> {
    const query = this.users.createQueryBuilder('u').orderBy('u.id', 'ASC').limit(limit);
    if (afterId !== null) query.andWhere('u.id > :afterId', { afterId });
    return this.filtered(query, filter);
  }

  /** Asked at each sign-in: `findOneBy` writes the statement anew each time, and PostgreSQL plans it anew. */
  private async signingIn(column: 'email_key' | 'username', value: string): Promise<UserEntity | null> {
    const [row] = await this.reads.rows<Record<string, unknown>>({ name: `users.by-${column}`, text: `SELECT ${this.columns} FROM users WHERE ${column} = $1` }, [value]);
    return row ? this.entityOf(row) : null;
  }

  /** By name: a prepared statement must not have other columns once a newer release has added some, as `*` would. */
  private get columns(): string {
    return (this.columnList ??= this.users.metadata.columns.map(({ databaseName }) => databaseName).join(', '));
  }

  private entityOf(row: Record<string, unknown>): UserEntity {
    const { metadata, manager } = this.users;
    const user = this.users.create();
    for (const column of metadata.columns) column.setEntityValue(user, manager.connection.driver.prepareHydratedValue(row[column.databaseName], column) as unknown);
    return user;
  }

  private filtered(query: SelectQueryBuilder<UserEntity>, { q, role, disabled }: UserFilter): SelectQueryBuilder<UserEntity> {
    if (disabled !== undefined) query.andWhere('u.disabled = :disabled', { disabled });
    if (role !== undefined) query.andWhere(`${HAS_ROLES} AND u.roles @> ARRAY[:role]::text[]`, { role });
    if (q !== undefined && q !== '') query.andWhere('u.search_text LIKE :pattern', { pattern: patternOf(q) });
    return query;
  }
}
