// One burst of load on one target, from wrk where it is installed, else from autocannon; on the core that the servers do not have.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { busySeconds, canPin, cpuSeconds, LOAD, pinned, works } from './cores.mjs';

const hasWrk = works('wrk', '-v');
/** Of one request. */
const TIMEOUT_SECONDS = 30;

export const describeLoad = () => `${hasWrk ? 'wrk' : 'autocannon'}${canPin ? ', pinned to its own core' : ', not pinned'}`;

/**
 * @typedef Target Where a burst goes, and what is expected back.
 * @property {string} name
 * @property {readonly string[]} origins One for each instance; connections are dealt out evenly.
 * @property {readonly number[]} pids Of the servers.
 * @property {string} path
 * @property {number} expected The status.
 * @property {string} [method] @property {Record<string, string>} [headers] @property {string} [body]
 * @property {() => Promise<string[]>} [values] New for each burst; they take the place of `{}` in the body and in the header `authorization`.
 * @property {string} [harvest] A JSON field of the answer whose text is a later value.
 */

/** `{perSecond, p50Ms, p99Ms, cpuMicros (of the servers, per request), othersShare (of the servers' core, that others had)}`. Throws for answers that were not expected. */
export async function measure(target, { seconds, connections }) {
  const values = (await target.values?.(connections)) ?? null;
  await probe(target, values?.pop());
  const scratch = values && mkdtempSync(join(tmpdir(), 'likeness-load-'));
  try {
    if (values) writeFileSync(join(scratch, 'values'), `${values.join('\n')}\n`);
    const [cpu, busy, began] = [cpuSeconds(...target.pids), busySeconds(), performance.now()];
    const sample = await (hasWrk ? withWrk : withAutocannon)(target, { seconds, connections, valuesFile: values && join(scratch, 'values') });
    const [used, onCore, wall] = [cpuSeconds(...target.pids) - cpu, busySeconds() - busy, (performance.now() - began) / 1000];
    if (sample.failures > 0) throw new Error(`${target.name}: ${sample.failures} answers were not the expected ones`);
    return { perSecond: sample.perSecond, p50Ms: sample.p50Ms, p99Ms: sample.p99Ms, requests: sample.requests, cpuMicros: (used / sample.requests) * 1e6, othersShare: Math.max(0, onCore - used) / wall };
  } finally {
    if (scratch) rmSync(scratch, { recursive: true, force: true });
  }
}

export const headersFor = ({ headers = {} }, value) => Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, value === undefined ? text : text.replace('{}', value)]));

/** One request, looked at: the tools that make load tell statuses apart badly, or not at all. */
async function probe(target, value) {
  for (const origin of target.origins) {
    const response = await fetch(origin + target.path, { method: target.method ?? 'GET', headers: headersFor(target, value), body: value === undefined ? target.body : target.body?.replace('{}', value) });
    const text = await response.text();
    if (response.status !== target.expected) throw new Error(`${target.name}: ${response.status} instead of ${target.expected}: ${text.slice(0, 300)}`);
    if (value !== undefined && target.harvest) return; // a second one would be a replay
  }
}

async function withWrk({ name, origins, path, method, headers = {}, body = '', harvest }, { seconds, connections, valuesFile }) {
  const { authorization, ...fixed } = headers;
  const varies = valuesFile && authorization?.includes('{}');
  const headerArgs = Object.entries(varies ? fixed : headers).flatMap(([field, text]) => ['-H', `${field}: ${text}`]);
  const threads = Math.min(origins.length, connections);
  const args = ['-t', threads, '-c', connections, '-d', `${seconds}s`, '--timeout', `${TIMEOUT_SECONDS}s`, '--latency', ...headerArgs, '-s', fileURLToPath(new URL('load.lua', import.meta.url)), origins[0] + path];
  const env = {
    BENCH_PORTS: origins.map((origin) => new URL(origin).port).join(','),
    BENCH_CONNECTIONS: String(connections),
    BENCH_METHOD: method ?? '',
    BENCH_BODY: body,
    BENCH_VALUES: valuesFile ?? '',
    BENCH_AUTHORIZATION: varies ? authorization : '',
    BENCH_HARVEST: harvest ? `"${harvest}":"([^"]+)"` : '',
  };
  const output = await outputOf(pinned(LOAD, ['wrk', ...args.map(String)]), env);
  const line = /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(output);
  if (!line) throw new Error(`${name}: wrk said:\n${output}`);
  const [requests, micros, failures, p50, p99] = line.slice(1).map(Number);
  return { requests, perSecond: requests / (micros / 1e6), p50Ms: p50 / 1000, p99Ms: p99 / 1000, failures };
}

async function withAutocannon(target, options) {
  const spec = JSON.stringify({ ...target, ...options, timeout: TIMEOUT_SECONDS });
  return JSON.parse(await outputOf(pinned(LOAD, [process.execPath, fileURLToPath(new URL('autocannon.process.mjs', import.meta.url)), spec]), {}));
}

async function outputOf([program, ...args], env) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env } });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  return output;
}
