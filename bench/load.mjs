// One burst of load on one URL, from wrk where it is installed, else from autocannon; on the core that the servers do not have.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const works = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).error === undefined;
const hasWrk = works('wrk', '-v');
const canPin = cpus().length > 1 && works('taskset', '-V');

/** `command` on one core: 0 is the servers', 1 the load's and the stores'. */
export const pinned = (core, command) => (canPin ? ['taskset', '-c', String(core), ...command] : command);

export const describeLoad = () => `${hasWrk ? 'wrk' : 'autocannon'}${canPin ? ', pinned to its own core' : ', not pinned'}`;

/** `{perSecond, p99Ms, failures, cpuMicros (of the server, per request)}`; an answer of another status than `expected` is a failure. */
export async function measure(contestant, options) {
  const before = cpuSeconds(contestant.pid);
  const sample = await (hasWrk ? withWrk(contestant, options) : withAutocannon(contestant, options));
  const requests = sample.perSecond * options.seconds;
  return { ...sample, cpuMicros: ((cpuSeconds(contestant.pid) - before) / requests) * 1e6 };
}

/** What the server has used of its core so far, in seconds (proc(5): utime and stime, in ticks of a hundredth); NaN where there is no /proc. */
export function cpuSeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return NaN;
  }
}

const headerArgs = (headers) => Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);

async function withWrk({ url, headers, expected }, { seconds, connections }) {
  const script = fileURLToPath(new URL('status.lua', import.meta.url));
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...headerArgs(headers), '-s', script, url, '--', String(expected)];
  const output = await outputOf(pinned(1, ['wrk', ...args]));
  const line = /^RESULT (\d+) (\d+) (\d+) (\d+)$/m.exec(output);
  if (!line) throw new Error(`wrk said:\n${output}`);
  const [requests, micros, failures, p99Micros] = line.slice(1).map(Number);
  return { perSecond: requests / (micros / 1e6), p99Ms: p99Micros / 1000, failures };
}

async function withAutocannon({ url, headers, expected }, { seconds, connections }) {
  const program = fileURLToPath(new URL('../node_modules/autocannon/autocannon.js', import.meta.url));
  const args = [program, '-j', '-n', '-c', String(connections), '-d', String(seconds), ...headerArgs(headers), url];
  const result = JSON.parse(await outputOf(pinned(1, [process.execPath, ...args])));
  const good = expected === 304 ? (result.statusCodeStats['304']?.count ?? 0) : result['2xx'];
  const all = Object.values(result.statusCodeStats).reduce((sum, { count }) => sum + count, 0);
  return { perSecond: result.requests.average, p99Ms: result.latency.p99, failures: all - good + result.errors };
}

async function outputOf([program, ...args]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  return output;
}
