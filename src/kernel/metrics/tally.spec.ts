import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.service.js';

describe('Tallies', () => {
  const BOUNDS = [0.001, 0.0025, 0.5, 10];

  it('say what the counter itself would have said, beside what it is told directly, at every question', async () => {
    const metrics = new Metrics();
    const counter = metrics.counter('looks_total', 'Looks.', ['result']);
    const hit = metrics.tally(counter, { result: 'hit' });
    const other = metrics.tally(counter, { result: 'other' });
    for (let turn = 0; turn < 5; turn += 1) hit.inc();
    other.inc(7);
    counter.inc({ result: 'hit' }, 2);
    expect(await metrics.registry.metrics()).toContain('likeness_looks_total{result="hit"} 7\nlikeness_looks_total{result="other"} 7');
    hit.inc();
    expect(await metrics.registry.metrics()).toContain('likeness_looks_total{result="hit"} 8\nlikeness_looks_total{result="other"} 7');
  });

  it('fill the buckets as the histogram itself would, bounds included, at every question', async () => {
    const [tallied, plain] = [new Metrics(), new Metrics()];
    const slow = tallied.histogram('request_seconds', 'Requests.', ['operation', 'outcome'], BOUNDS);
    const reference = plain.histogram('request_seconds', 'Requests.', ['operation', 'outcome'], BOUNDS);
    const labels = { operation: 'GET /', outcome: '2xx' };
    const tally = tallied.bucketTally(slow, labels, BOUNDS);
    for (let turn = 0; turn < 3; turn += 1) {
      for (const value of [0, 0.0005, 0.001, 0.0011, 0.0025, 0.3, 0.5, 9, 10, 11, 1e6]) {
        tally.observe(value);
        reference.observe(labels, value);
      }
      slow.observe({ ...labels, outcome: '5xx' }, turn);
      reference.observe({ ...labels, outcome: '5xx' }, turn);
      const lines = async (metrics: Metrics): Promise<string[]> => (await metrics.registry.metrics()).trim().split('\n').sort();
      expect(await lines(tallied)).toEqual(await lines(plain));
    }
  });
});
