import { randomUUID } from 'node:crypto';
import { Agent, request as requestOf } from 'node:http';
import sharp from 'sharp';

interface Answer {
  readonly status: number;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- as in the kit's client
}

/** Of a worker's requests, this part each. */
const UPLOAD_EVERY = 10;
const RENAME_EVERY = 7;
const REFRESH_EVERY = 13;
const LOOKUP_EVERY = 3;
const LOGIN_EVERY = 41;
const PASSWORD = 'seven quiet lighthouses';

/** Somebody who never rests: reads, uploads, renames, signs in and refreshes through the front, and notes whatever was not as it should be. */
class Worker {
  private token = '';
  private refreshToken = '';
  private id = '';
  private count = 0;

  constructor(
    private readonly load: RollingLoad,
    private readonly name: string,
  ) {}

  async run(): Promise<void> {
    await this.register();
    while (this.load.take()) await this.step();
  }

  private async register(): Promise<void> {
    const body = { email: `${this.name}@example.test`, username: this.name, password: PASSWORD };
    const { tokens, user } = (await this.ask('POST', '/v1/auth/register', 201, body)).body;
    this.hold(tokens);
    this.id = user.id;
  }

  private async step(): Promise<void> {
    this.count += 1;
    if (this.count % LOGIN_EVERY === 0) return this.login();
    if (this.count % UPLOAD_EVERY === 0) return this.upload();
    if (this.count % RENAME_EVERY === 0) return this.rename();
    if (this.count % REFRESH_EVERY === 0) return this.refresh();
    if (this.count % LOOKUP_EVERY === 0) return this.lookUp();
    await (this.count % 2 === 0 ? this.ask('GET', '/v1/users/me', 200) : this.ask('GET', `/v1/users/${this.id}/avatar?size=64`, 200));
  }

  /** What was acknowledged is what the next request sees, whichever instance answers. */
  private async upload(): Promise<void> {
    const background = { r: this.count % 256, g: (this.count >> 8) % 256, b: this.load.colour() };
    const picture = await sharp({ create: { width: 48, height: 48, channels: 3, background } }).png().toBuffer();
    const { version } = (await this.ask('PUT', '/v1/users/me/avatar', 200, picture)).body;
    this.load.take();
    const me = (await this.ask('GET', '/v1/users/me', 200)).body;
    if (me?.avatar?.version !== version) this.load.fault(`an upload was acknowledged and not seen: ${version}, ${me?.avatar?.version}`);
  }

  private async rename(): Promise<void> {
    const displayName = `${this.name} ${this.count}`;
    const { body } = await this.ask('PATCH', '/v1/users/me', 200, { displayName });
    if (body?.displayName !== displayName) this.load.fault('a new name was not answered');
  }

  private async lookUp(): Promise<void> {
    const { body } = await this.ask('POST', '/v1/users/lookup', 200, { ids: [this.id] });
    if (body?.items?.[0]?.id !== this.id) this.load.fault('a lookup did not find somebody');
  }

  private async login(): Promise<void> {
    this.hold((await this.ask('POST', '/v1/auth/login', 200, { identifier: this.name, password: PASSWORD })).body);
  }

  private async refresh(): Promise<void> {
    const { body } = await this.ask('POST', '/v1/auth/refresh', 200, { refreshToken: this.refreshToken });
    this.hold(body);
  }

  private hold(tokens: any): void { // eslint-disable-line @typescript-eslint/no-explicit-any -- as in the kit's client
    if (tokens?.accessToken) ({ accessToken: this.token, refreshToken: this.refreshToken } = tokens);
  }

  private async ask(method: string, path: string, expected: number, body?: object): Promise<Answer> {
    const answer = await this.load.send(method, path, this.token, body).catch((error: Error) => ({ status: 0, body: error.message }));
    if (answer.status !== expected) this.load.fault(`${method} ${path.replace(this.id || '-', ':id')}: ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 200)}`);
    return answer;
  }
}

/** So many requests at least, by so many at once, and for as long as they are wanted. */
export class RollingLoad {
  readonly faults: string[] = [];
  sent = 0;
  isWanted = true;
  private left: number;
  private colours = 0;
  // nginx ends idle connections of its clients when it is told to reload: that is between it and them.
  private readonly agent = new Agent({ keepAlive: false });

  constructor(
    private readonly port: number,
    total: number,
  ) {
    this.left = total;
  }

  get isOver(): boolean {
    return this.left <= 0 && !this.isWanted;
  }

  async run(workers: number): Promise<void> {
    await Promise.all(Array.from({ length: workers }, (_item, index) => new Worker(this, `w${index}-${randomUUID().slice(0, 8)}`).run()));
  }

  take(): boolean {
    this.left -= 1;
    return this.left >= 0 || this.isWanted;
  }

  colour(): number {
    return (this.colours += 1) % 256;
  }

  fault(what: string): void {
    this.faults.push(what);
  }

  send(method: string, path: string, token: string, body?: object): Promise<Answer> {
    this.sent += 1;
    const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const headers = {
      ...(token !== '' && !path.startsWith('/v1/auth') && { authorization: `Bearer ${token}` }),
      ...(bytes && { 'content-type': Buffer.isBuffer(body) ? 'image/png' : 'application/json', 'content-length': bytes.length }),
    };
    return new Promise((resolve, reject) => {
      const request = requestOf({ host: '127.0.0.1', port: this.port, method, path, headers, agent: this.agent, timeout: 60_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode!, body: /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : text.length });
        });
      });
      request.on('error', reject).on('timeout', () => request.destroy(new Error('no answer')));
      request.end(bytes);
    });
  }
}
