import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUNDLED_MAIN, SpawnedService } from '../kit/spawned-service.js';

const PRELOAD = new URL('wrong-clock.preload.mjs', import.meta.url).href;

/** The built service as a process of its own, with a clock that is wrong. */
export class ServiceProcess {
  private constructor(private readonly service: SpawnedService) {}

  static async start(settings: Readonly<Record<string, string>>, clockOffsetMs: number): Promise<ServiceProcess> {
    const own = { NODE_ENV: 'test', HOST: '127.0.0.1', PUBLIC_URL: 'http://likeness.test', DATA_DIR: mkdtempSync(join(tmpdir(), 'likeness-process-')), CLOCK_OFFSET_MS: String(clockOffsetMs) };
    return new ServiceProcess(await SpawnedService.start({ ...own, ...settings }, { preload: PRELOAD, main: BUNDLED_MAIN }));
  }

  get url(): string {
    return this.service.url;
  }

  async call(method: string, path: string, body?: unknown, token?: string): Promise<{ readonly status: number; readonly body: any }> { // eslint-disable-line @typescript-eslint/no-explicit-any -- as in the kit's client
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  stop(): Promise<void> {
    return this.service.stop();
  }
}
