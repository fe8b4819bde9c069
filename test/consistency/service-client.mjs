// The service as its clients see it: signed-in users, and each answer as an operation that the checker understands.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mortal } from './processes.mjs';
import { drawSerial, readSerial } from './serial-picture.mjs';

const PASSWORD = 'seven quiet lighthouses';
export const PICTURE = '64.webp';
const KEPT_BYTES = 20_000;
const JSON_TYPE = { 'content-type': 'application/json' };
/** Problems by which the service says that nothing was changed. */
const REFUSALS = new Set(['service.unavailable', 'avatar.storage_unavailable', 'avatar.busy']);

export class Account {
  constructor(number, username) {
    Object.assign(this, { number, username, id: null, token: null, serial: 0, lastDigests: [], signingIn: null });
  }

  nextSerial() {
    return (this.serial += 1);
  }

  remember(digest) {
    if (this.lastDigests.at(-1) === digest) return;
    this.lastDigests.push(digest);
    if (this.lastDigests.length > 8) this.lastDigests.shift();
  }
}

const sha = (bytes) => createHash('sha1').update(bytes).digest('base64');

/** RFC 9111, as far as the promise hangs on it: for how long an answer may be used without asking, stale or not, in ms. */
export function reusableForMs(cacheControl = '') {
  const directives = new Map(cacheControl.toLowerCase().split(',').map((part) => part.trim().split('=')).map(([name, value]) => [name, value ?? '']));
  if (directives.has('no-store') || directives.has('no-cache')) return 0;
  const seconds = ['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'].reduce((sum, name) => sum + Number(directives.get(name) ?? 0), 0);
  // Without any freshness a cache may make one up.
  return (directives.has('max-age') || directives.has('s-maxage') ? seconds : 3_600) * 1_000;
}

export class ServiceClient {
  constructor(instances, recorder) {
    Object.assign(this, { instances, recorder });
    /** Which bytes each ETag stood for: never two. */
    this.bytesOf = new Map();
  }

  /** `{status, headers, bytes}`, or null when no answer came. */
  async exchange(instance, method, path, { headers = {}, body, token } = {}) {
    try {
      const answer = await instance.pool.request({ method, path, headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) }, body });
      return { status: answer.statusCode, headers: answer.headers, bytes: Buffer.from(await answer.body.arrayBuffer()) };
    } catch {
      return null;
    }
  }

  async register(account, bootstrapToken) {
    const body = JSON.stringify({ email: `${account.username}@example.test`, username: account.username, password: PASSWORD, ...(bootstrapToken && { bootstrapToken }) });
    const answer = await this.exchange(this.instances[0], 'POST', '/v1/auth/register', { headers: JSON_TYPE, body });
    if (answer?.status !== 201) throw new Error(`register answered ${answer?.status}: ${answer?.bytes}`);
    const { user, tokens } = JSON.parse(answer.bytes);
    Object.assign(account, { id: user.id, token: tokens.accessToken });
  }

  /** One sign-in at a time for each account; false when it was not to be had. */
  signIn(account, instance) {
    account.signingIn ??= (async () => {
      const answer = await this.exchange(instance, 'POST', '/v1/auth/login', { headers: JSON_TYPE, body: JSON.stringify({ identifier: account.username, password: PASSWORD }) });
      if (answer?.status === 200) account.token = JSON.parse(answer.bytes).accessToken;
      else await sleep(100);
      return answer?.status === 200;
    })().finally(() => (account.signingIn = null));
    return account.signingIn;
  }

  /**
   * One request as an operation on `user`. `judge(answer)` says what it saw: `{outcome, seen, fault}`; a missing answer is `unknown`,
   * a 503 that says so is `refused`.
   */
  async operate({ user, kind, instance, isWrite = false, method = 'GET', path, headers, body, by, judge, wrote }) {
    const ticket = this.recorder.begin();
    const operation = { user: user.id, kind, instance: instance.index, isWrite, start: ticket.start, wrote };
    const answer = await this.exchange(instance, method, path, { headers, body, token: by?.token });
    operation.end = this.recorder.now();
    try {
      Object.assign(operation, await this.judged(answer, judge, !isWrite));
    } finally {
      this.recorder.finish(ticket, operation);
    }
    if (answer?.status === 401 && by) await this.signIn(by, instance);
    if (answer === null || answer.status >= 500) await sleep(isWrite ? 100 : 20);
    return { operation, answer };
  }

  async judged(answer, judge, isRead) {
    if (answer === null) return { outcome: 'unknown' };
    const { status, headers, bytes } = answer;
    if (status >= 400) {
      const isKept = headers['cache-control'] !== 'no-store';
      const code = /"code":"([^"]+)"/.exec(String(bytes))?.[1] ?? '';
      const fault = isKept ? { kind: 'cacheable error', text: `${status} with Cache-Control: ${headers['cache-control']}` } : undefined;
      this.recorder.countAnswer(`${status} ${code}`);
      if (isRead && code === 'user.not_found') return { outcome: 'ok', seen: { isGone: true }, fault, code };
      return { outcome: status < 500 || REFUSALS.has(code) ? 'refused' : 'unknown', fault, code };
    }
    return { outcome: 'ok', ...(await judge(answer)) };
  }

  // --- what JSON says -------------------------------------------------------------------------------------------------------------------

  seenIn(user) {
    const seen = { name: user.displayName, digest: user.avatar.version, isGenerated: user.avatar.kind === 'generated' };
    return user.version === undefined ? seen : { ...seen, version: user.version, isAdmin: user.roles.includes('admin'), isDisabled: user.disabled };
  }

  /** JSON of the user `user` as `reader.held` has it; `reader` keeps what it was given, and asks whether it still holds. */
  readJson(reader, { user, kind, instance, path, by, learn }) {
    const held = reader.held.get(`${path} ${by.id}`);
    const headers = held && reader.random.chance(0.5) ? { 'if-none-match': held.etag } : {};
    return this.operate({
      user, kind, instance, path, by, headers,
      judge: ({ status, headers: { etag, 'cache-control': policy }, bytes }) => {
        const fault = reusableForMs(policy) > 0 || !policy.includes('private') ? { kind: 'cacheable', text: `JSON with Cache-Control: ${policy}` } : undefined;
        if (status === 304) return { seen: held?.etag === etag ? held.seen : undefined, fault: held?.etag === etag ? fault : { kind: 'mixed', text: '304 with another ETag' } };
        const json = JSON.parse(bytes);
        if (json.id !== user.id) return { fault: { kind: 'mixed', text: `the JSON of ${json.id}` } };
        const seen = this.seenIn(json);
        user.remember(seen.digest);
        reader.held.set(`${path} ${by.id}`, { etag, seen });
        return learn ? { seen: learn(json), fault } : { seen, fault };
      },
    }); // prettier-ignore
  }

  /** Straight from the database, whatever is cached. */
  lookUp(reader, { user, instance, by }) {
    return this.operate({
      user, kind: 'lookup', instance, by, method: 'POST', path: '/v1/users/lookup', headers: JSON_TYPE, body: JSON.stringify({ ids: [user.id] }),
      judge: ({ bytes }) => {
        const [item] = JSON.parse(bytes).items;
        if (item === undefined && JSON.parse(bytes).missing.includes(user.id)) return { seen: { isGone: true } };
        return item?.id === user.id ? { seen: this.seenIn(item) } : { fault: { kind: 'mixed', text: 'not the user that was asked for' } };
      },
    }); // prettier-ignore
  }

  /** Whether the user is an admin, by what the service lets it see of somebody else. */
  probeRole({ user, instance, other }) {
    return this.operate({
      user, kind: 'role', instance, by: user, path: `/v1/users/${other.id}`,
      judge: ({ bytes }) => ({ seen: { isAdmin: JSON.parse(bytes).email !== undefined, isDisabled: false } }),
    }); // prettier-ignore
  }

  // --- pictures -------------------------------------------------------------------------------------------------------------------------

  /** The stable URL, through a cache of the reader's own that keeps what it may keep for as long as it may. */
  async readPicture(reader, { user, instance }) {
    const path = `/v1/users/${user.id}/avatar?size=64&format=webp`;
    const held = reader.held.get(path);
    if (held && held.until > this.recorder.now()) {
      const at = this.recorder.now();
      this.recorder.finish(this.recorder.begin(), { user: user.id, kind: 'own cache', instance: -1, isWrite: false, start: at, end: at, outcome: 'ok', seen: held.seen });
      return;
    }
    await this.operate({
      user, kind: 'picture', instance, path, headers: held && reader.random.chance(0.6) ? { 'if-none-match': held.etag } : {},
      judge: async ({ status, headers: { etag, 'cache-control': policy }, bytes }) => {
        if (policy !== 'no-cache') {
          // Kept as a cache would; what comes of it is seen by the checker. The header itself is wrong already.
          reader.held.set(path, { etag, seen: { digest: digestIn(etag) }, until: this.recorder.now() + reusableForMs(policy) });
          return { seen: { digest: digestIn(etag) }, fault: { kind: 'cacheable', text: `the stable URL with Cache-Control: ${policy}` } };
        }
        if (status === 304 && etag !== held?.etag) return { fault: { kind: 'mixed', text: `304 with ${etag}, asked with ${held?.etag}` } };
        const fault = status === 304 ? undefined : await this.faultOfBytes(user, etag, bytes);
        reader.held.set(path, { etag, until: 0 });
        user.remember(digestIn(etag));
        return { seen: { digest: digestIn(etag) }, fault };
      },
    }); // prettier-ignore
  }

  /** The URL by digest, of the present picture or of an earlier one: always the same bytes. */
  readImmutable({ user, instance, random }) {
    const digest = random.pick(user.lastDigests);
    if (!digest) return undefined;
    return this.operate({
      user, kind: 'immutable', instance, path: `/v1/avatars/${digest}/${PICTURE}`,
      judge: async ({ headers: { etag, 'cache-control': policy }, bytes }) => {
        if (policy !== 'public, max-age=31536000, immutable') return { fault: { kind: 'cacheable', text: `the immutable URL with Cache-Control: ${policy}` } };
        return { fault: digestIn(etag) === digest ? await this.faultOfBytes(user, etag, bytes) : { kind: 'mixed', text: `${digest} answered with ${etag}` } };
      },
    }).then(({ operation, answer }) => {
      if (answer?.status === 404 && digest.startsWith('u')) this.recorder.add({ ...operation, outcome: 'ok', fault: { kind: 'lost', text: `${digest} is not there any more` } });
    }); // prettier-ignore
  }

  async faultOfBytes(user, etag, bytes) {
    const hash = sha(bytes);
    const known = this.bytesOf.get(etag);
    if (known === hash) return undefined;
    if (known !== undefined) return { kind: 'mixed', text: `${etag} answered with two different pictures` };
    if (this.bytesOf.size >= KEPT_BYTES) this.bytesOf.delete(this.bytesOf.keys().next().value);
    this.bytesOf.set(etag, hash);
    if (!digestIn(etag).startsWith('u')) return undefined;
    const drawn = await readSerial(bytes).catch(() => null);
    if (drawn === null) return { kind: 'mixed', text: `${etag}: no picture that was ever put` };
    const serialKnown = this.recorder.serialOf.get(digestIn(etag));
    if (drawn.user === user.number && (serialKnown === undefined || serialKnown === drawn.serial)) return undefined;
    return { kind: 'mixed', text: `${etag} of user ${user.number} shows picture ${drawn.serial} of user ${drawn.user}, not ${serialKnown}` };
  }

  // --- writes ---------------------------------------------------------------------------------------------------------------------------

  async putPicture({ user, instance, by }) {
    const serial = user.nextSerial();
    const body = await drawSerial(user.number, serial);
    return this.operate({
      user, kind: `put ${serial}`, instance, isWrite: true, method: 'PUT', path: `/v1/users/${by === user ? 'me' : user.id}/avatar`, by, body, headers: { 'content-type': 'image/png' },
      judge: ({ bytes }) => {
        const digest = JSON.parse(bytes).version;
        this.recorder.learnSerial(digest, serial);
        user.remember(digest);
        return { seen: { digest } };
      },
    }); // prettier-ignore
  }

  removePicture({ user, instance, by }) {
    const path = `/v1/users/${by === user ? 'me' : user.id}/avatar`;
    return this.operate({ user, kind: 'delete', instance, isWrite: true, method: 'DELETE', path, by, judge: () => ({ seen: { isGenerated: true } }) });
  }

  rename({ user, instance, by }) {
    const serial = user.nextSerial();
    const letter = (shift) => String.fromCharCode(65 + ((serial + shift) % 26));
    const name = `${letter(0)}. ${serial} ${letter(Math.floor(serial / 26))}.`;
    return this.patch({ user, kind: `rename ${serial}`, instance, by, change: { displayName: name }, wrote: { name } });
  }

  remove({ user, instance, by }) {
    return this.operate({ user, kind: 'remove', instance, isWrite: true, method: 'DELETE', path: `/v1/users/${user.id}`, by, judge: () => ({ seen: { isGone: true } }) });
  }

  /** By an operator, in a process of its own: `users promote|disable`. */
  async byCommandLine({ user, command, distFolder, settings, wrote }) {
    const ticket = this.recorder.begin();
    const [program, ...args] = mortal([process.execPath, join(distFolder, 'cli/main.js'), 'users', command, user.id]);
    const child = spawn(program, args, { env: settings, stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    this.recorder.countAnswer(`command line, ${code}`);
    const result = code === 0 ? { outcome: 'ok', seen: wrote } : { outcome: 'unknown' };
    this.recorder.finish(ticket, { user: user.id, kind: `command line: ${command}`, instance: -1, isWrite: true, start: ticket.start, end: this.recorder.now(), ...result });
  }

  /** By the user itself, or by an admin; the answer says everything, the version too. */
  patch({ user, kind, instance, by, change, wrote }) {
    return this.operate({
      user, kind, instance, isWrite: true, method: 'PATCH', path: `/v1/users/${by === user ? 'me' : user.id}`, by, wrote,
      headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify(change), judge: ({ bytes }) => ({ seen: this.seenIn(JSON.parse(bytes)) }),
    }); // prettier-ignore
  }
}

const digestIn = (etag = '') => /^"(.+)-\d+-[a-z]+"$/.exec(etag)?.[1] ?? `? ${etag}`;
