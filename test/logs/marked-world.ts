import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { fetch as plainFetch, type Response } from 'undici';
import type { RegisteredUser } from '../kit/api.js';
import type { Receiver } from '../webhooks/receiver.js';
import type { SmtpInbox } from '../mail/smtp-inbox.js';
import { tokenIn } from '../passwords/mailbox.js';
import type { Markers } from './markers.js';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

type Json = any; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look where they expect something

const PATIENCE_MS = 10_000;
const JSON_TYPE = { 'content-type': 'application/json' };

/** Accounts, keys, webhooks and mails whose every word is marked. Not by the fetch that holds answers against the document: much of what is sent here is wrong. */
export class MarkedWorld {
  admin!: RegisteredUser;
  picture!: Buffer;
  private reading: Promise<RegisteredUser> | undefined;

  constructor(
    private readonly url: string,
    readonly markers: Markers,
    private readonly inbox: SmtpInbox,
    readonly receiver: Receiver,
  ) {}

  async begin(bootstrapToken: string): Promise<void> {
    this.admin = await this.account({ bootstrapToken });
    this.picture = await sharp({ create: { width: 24, height: 24, channels: 3, background: '#642' } }).png().toBuffer();
  }

  async send({ method, path, headers, body }: Sent, place = path): Promise<{ readonly status: number; readonly body: Json }> {
    const marked = { 'x-forwarded-for': this.markers.address(), 'user-agent': `${this.markers.at(`User-Agent of ${place}`)}/1.0` };
    const response: Response = await plainFetch(this.url + path, { method, redirect: 'manual', headers: { ...marked, ...headers }, body });
    const text = await response.text();
    const json: unknown = /json\b/.test(response.headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : undefined;
    this.markers.keepAll(json, place);
    for (const cookie of response.headers.getSetCookie()) this.markers.keep(cookie.split(';')[0]!.split('=')[1]!, `a cookie in the answer to ${place}`);
    return { status: response.status, body: json };
  }

  /** A preparation, which must succeed. */
  async call(method: string, path: string, token: string | null, body?: object): Promise<Json> {
    const answer = await this.send({ method, path, headers: { ...JSON_TYPE, ...(token !== null && { authorization: `Bearer ${token}` }) }, body: body && JSON.stringify(body) });
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** `mailbox`: how the mail server treats the address; see `refusingRecipient`. */
  async account(changes: object = {}, mailbox: '' | '.refused' | '.later' = ''): Promise<RegisteredUser> {
    const word = (field: string): string => this.markers.at(`${field} of an account`);
    const input = { email: `${word('email')}${mailbox}@example.test`, username: word('username'), password: `secret ${word('password')}`, displayName: `Ada ${word('displayName')}`, deviceName: word('deviceName') };
    const { user, tokens } = await this.call('POST', '/v1/auth/register', null, { ...input, ...changes });
    return { ...input, id: user.id, token: tokens.accessToken, refreshToken: tokens.refreshToken, sessionId: tokens.sessionId };
  }

  /** One account for all that change nothing. */
  bystander(): Promise<RegisteredUser> {
    return (this.reading ??= this.account());
  }

  /** The token of the `count`th mail to this address. */
  async mailedToken(address: string, count = 1): Promise<string> {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const mail = this.inbox.received.filter(({ to }) => to === address)[count - 1];
      if (!mail) continue;
      const token = tokenIn(mail);
      this.markers.keep(token, 'a mailed token');
      return token;
    }
    throw new Error(`no mail number ${count} came to ${address}`);
  }

  async resetToken(account: RegisteredUser): Promise<string> {
    await this.call('POST', '/v1/auth/email/verify', null, { token: await this.mailedToken(account.email) });
    await this.call('POST', '/v1/auth/password/forgot', null, { email: account.email });
    return this.mailedToken(account.email, 2);
  }

  async apiKey(scope: string): Promise<{ readonly id: string; readonly secret: string }> {
    const { key, secret, id } = await this.call('POST', '/v1/auth/api-keys', this.admin.token, { name: this.markers.at('name of a key'), scopes: [scope] });
    return { id: key?.id ?? id, secret };
  }

  hookUrl(): string {
    return `${this.receiver.url}/${this.markers.at('path of a webhook')}?token=${this.markers.at('query of a webhook')}`;
  }

  /** The Gravatar protocol takes whatever else stands in the query. */
  pictureUrl(word: string): string {
    return `${this.url}/avatar/${emailHash(this.admin.email)}?d=identicon&token=${word}`;
  }

  async webhook(url = this.hookUrl()): Promise<string> {
    return (await this.call('POST', '/v1/webhooks', this.admin.token, { url, events: ['user.updated'] })).id;
  }

  /** A delivery that has been tried: of a change of somebody's name. */
  async delivery(webhookId: string): Promise<string> {
    await this.call('PATCH', `/v1/users/${this.admin.id}`, this.admin.token, { displayName: this.markers.at('displayName that a webhook is told of') });
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const { items } = await this.call('GET', `/v1/webhooks/${webhookId}/deliveries`, this.admin.token);
      if (items[0]?.attempts > 0) return items[0].id;
    }
    throw new Error('the webhook was not told');
  }

  async uploaded(account: RegisteredUser): Promise<Json> {
    const headers = { authorization: `Bearer ${account.token}`, 'content-type': 'image/png' };
    return (await this.send({ method: 'PUT', path: '/v1/users/me/avatar', headers, body: this.picture })).body;
  }
}

export const emailHash = (email: string): string => createHash('sha256').update(email).digest('hex');

/** A mail server that knows some addresses not, or not yet, and says so by quoting them, as most do. */
export const refusingRecipient = ({ address }: { readonly address: string }, _session: unknown, done: (error?: Error) => void): void => {
  if (address.includes('.refused@')) done(Object.assign(new Error(`5.1.1 <${address}>: no such user here`), { responseCode: 550 }));
  else if (address.includes('.later@')) done(Object.assign(new Error(`4.2.2 <${address}>: mailbox full`), { responseCode: 452 }));
  else done();
};
