// A contest: its contestants take turns round by round, so that drift hits all alike; ratios are made within a round.
import { measure } from '../load/load.mjs';
import { measureJobs } from '../load/jobs.mjs';
import { median, spread } from '../report/statistics.mjs';

const FIELDS = ['perSecond', 'p50Ms', 'p99Ms', 'cpuMicros', 'othersShare'];

/** Login and the like at many at once: as many jobs as that; more take minutes. */
const jobsAt = (connections, { isQuick }) => Math.max(connections, isQuick ? 24 : 32);

/** Each process has as many connections as the one: a second is started for twice the load, not for half of it. */
function turn({ jobs }, contestant, each, options) {
  const connections = each * (contestant.origins?.length ?? 1);
  return jobs ? measureJobs(contestant, { jobs: jobsAt(connections, options), connections }) : measure(contestant, { seconds: options.seconds, connections });
}

/** Code that has run some ten thousand times is compiled as far as it goes; what is measured before that is the compiler as well. Once is enough for all concurrencies. */
const WARM_REQUESTS = 60_000;
const WARM_TURNS = { quick: 4, full: 6 };

/** Jobs take too long for thousands of them; a figure that hangs on compiled code says how many it takes (`warmJobs`), and a contestant if it takes fewer. */
async function warmUp(figure, contestant, connections, options) {
  contestant.isWarm = !figure.jobs || figure.warmJobs !== undefined;
  if (figure.warmJobs && !options.isQuick) return measureJobs(contestant, { jobs: contestant.warmJobs ?? figure.warmJobs, connections });
  let requests = 0;
  for (let turns = 0; requests < WARM_REQUESTS && turns < (figure.jobs ? 1 : WARM_TURNS[options.isQuick ? 'quick' : 'full']); turns += 1) requests += (await turn(figure, contestant, connections, options)).requests;
}

/** `{id, title, connections, contestants: [{name, <field>: {median, low, high}}], ratios: [{of, to, byRate, byCpu, aim}]}`. */
export async function contestAt(figure, contestants, connections, options, say) {
  const samples = new Map(contestants.map(({ name }) => [name, []]));
  // Jobs of a queue of 256 are their own warming up.
  const rounds = figure.jobs && connections > 32 ? 2 : options.rounds;
  say(`${figure.id} at ${connections}: warming up`);
  const cold = contestants.filter(({ isWarm }) => !isWarm);
  if (!(figure.jobs && connections > 32)) for (const contestant of cold) await warmUp(figure, contestant, connections, options);
  for (let round = 1; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      const sample = await turn(figure, contestant, connections, options);
      samples.get(contestant.name).push(sample);
      say(`${figure.id} at ${connections}, round ${round} of ${rounds}: ${contestant.name} ${Math.round(sample.perSecond).toLocaleString('en')}/s`);
    }
  }
  return {
    id: figure.id, title: figure.title, connections,
    contestants: contestants.map(({ name }) => ({ name, ...Object.fromEntries(FIELDS.map((field) => [field, summary(samples.get(name).map((sample) => sample[field]))])) })),
    ratios: ratiosOf(figure, samples),
  };
}

export const summary = (values) => ({ median: median(values), low: spread(values)[0], high: spread(values)[1] });

/** To each yardstick that an aim names, and to the first contestant. */
function ratiosOf({ aims }, samples) {
  const [first, ...rest] = samples.keys();
  const pairs = [...rest.map((of) => ({ of, to: first })), ...aims.filter(({ to }) => to !== first)].filter(({ of, to }) => samples.has(of) && samples.has(to));
  return pairs.map(({ of, to }) => {
    const [own, base] = [samples.get(of), samples.get(to)];
    const aim = aims.find((each) => each.of === of && each.to === to)?.atLeast ?? null;
    const byRate = summary(own.map(({ perSecond }, index) => perSecond / base[index].perSecond));
    const byCpu = summary(own.map(({ cpuMicros }, index) => base[index].cpuMicros / cpuMicros));
    return { of, to, byRate, byCpu, aim };
  });
}
