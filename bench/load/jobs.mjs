// Load that is counted and not timed, for what takes tens of milliseconds: so many jobs, so many at once, all of them finished before the next contestant has its turn.
import { busySeconds, cpuSeconds } from './cores.mjs';
import { median, percentile } from '../report/statistics.mjs';

/** `work(serial)` does one job. As `measure` answers; and `wallMs` of all. */
export async function measureJobs({ name, pids, work }, { jobs, connections }) {
  const times = [];
  let serial = 0;
  const lane = async () => {
    while (serial < jobs) {
      const began = performance.now();
      await work((serial += 1));
      times.push(performance.now() - began);
    }
  };
  const [cpu, busy, began] = [cpuSeconds(...pids), busySeconds(), performance.now()];
  await Promise.all(Array.from({ length: connections }, lane)).catch((cause) => {
    throw new Error(`${name}: ${cause.message}`, { cause });
  });
  const [used, onCore, wallMs] = [cpuSeconds(...pids) - cpu, busySeconds() - busy, performance.now() - began];
  return {
    requests: jobs, perSecond: (jobs / wallMs) * 1000, p50Ms: median(times), p99Ms: percentile(times, 99),
    cpuMicros: (used / jobs) * 1e6, othersShare: Math.max(0, onCore - used) / (wallMs / 1000),
  };
}
