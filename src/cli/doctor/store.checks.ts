import type { Clock } from '../../kernel/clock/index.js';
import type { AppConfig, RedisConfig } from '../../kernel/config/index.js';
import { fillInWords, isNearlyFull, RedisConnection, type RedisFacts } from '../../kernel/cache/index.js';
import { SmtpMailer } from '../../kernel/mail/index.js';
import { probeAvatarStorage } from '../../modules/avatars/index.js';
import { clockFinding, examined, failure, ok, warning, type Finding } from './check.js';

/** Redis, where there is one. */
export const examineRedis = ({ redis }: AppConfig, clock: Clock): Promise<readonly Finding[]> =>
  redis === null
    ? Promise.resolve([ok('redis', 'not used: tokens are in PostgreSQL')])
    : examined('redis', 'Are the REDIS_… settings right, does the server run, and may this machine reach it?', () => lookAtRedis(redis, clock));

async function lookAtRedis(config: RedisConfig, clock: Clock): Promise<readonly Finding[]> {
  const redis = RedisConnection.create(config);
  try {
    await redis.connect();
    const askedAt = clock.now().getTime();
    const storeMs = await redis.timeMs();
    const skew = clockFinding('redis', askedAt, storeMs, clock.now().getTime());
    // Last: a replica that refuses the probe is left at once.
    return [...(await redis.inspect()).flatMap(redisFindings), skew];
  } finally {
    redis.close();
  }
}

const REFUSAL_ADVICE: Readonly<Record<string, string>> = {
  OOM: 'Raise maxmemory, or find out what fills it.',
  READONLY: 'Let the REDIS_… settings name the master, or use Sentinel.',
  NOREPLICAS: 'Bring its replicas back, or lower min-replicas-to-write.',
  MISCONF: 'Look into the log of Redis: it cannot save to its disk.',
};

function memoryFinding(facts: RedisFacts): Finding {
  if (!isNearlyFull(facts)) return ok('redis memory', fillInWords(facts));
  return warning('redis memory', fillInWords(facts), 'Raise maxmemory: when it is full, nobody can sign in or out.');
}

const writesFinding = ({ writeRefusal }: RedisFacts): Finding =>
  writeRefusal === null ? ok('redis writes', 'taken') : failure('redis writes', `refused (${writeRefusal})`, REFUSAL_ADVICE[writeRefusal] ?? 'Look into the log of Redis.');

function redisFindings(facts: RedisFacts): Finding[] {
  const { version, isSupported, evictionPolicy, appendOnly } = facts;
  return [
    isSupported ? ok('redis', `version ${version}`) : failure('redis', `version ${version}`, 'Redis 7.0 or Valkey 7.2 is needed.'),
    evictionPolicy === 'noeviction'
      ? ok('redis maxmemory-policy', evictionPolicy)
      : failure('redis maxmemory-policy', evictionPolicy, 'Set it to noeviction: a token that is evicted ends early.'),
    appendOnly ? ok('redis appendonly', 'yes') : warning('redis appendonly', 'no', 'Set it to yes: a restart of Redis signs everybody out.'),
    writesFinding(facts),
    memoryFinding(facts),
  ];
}

/** By a real write, read and removal, where there is something already. */
export const examineStorage = (config: AppConfig): Promise<readonly Finding[]> => {
  const isS3 = config.storage.kind === 's3';
  const advice = isS3 ? 'Are the S3_… settings right, and may the key write, read and remove in the bucket?' : 'May this user write to DATA_DIR, and is there space?';
  return examined('storage', advice, async () => {
    if (await probeAvatarStorage(config)) return [ok('storage', isS3 ? 'the bucket can be written and read' : 'the folder can be written and read')];
    return [warning('storage', 'the folders are not there yet, and can be made', 'The first start makes them. Where pictures were taken before: is DATA_DIR the right one, and mounted?')];
  });
};

export const examineMail = ({ mail }: AppConfig): Promise<readonly Finding[]> => {
  const { smtpUrl } = mail;
  if (smtpUrl === null) return Promise.resolve([warning('mail', 'written to files: nobody receives any', 'Set SMTP_URL, for links to new passwords and proofs of addresses.')]);
  const advice = 'Is SMTP_URL right, with its password, and may this machine reach the server? For an authority of your own set NODE_EXTRA_CA_CERTS (docs/tasks/mail.md).';
  return examined('mail', advice, async () => {
    const mailer = new SmtpMailer(smtpUrl, mail.from);
    try {
      await mailer.verify();
      return [ok('mail', 'the server takes us')];
    } finally {
      mailer.onApplicationShutdown();
    }
  });
};
