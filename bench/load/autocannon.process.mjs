// A burst by autocannon, for machines without wrk: one line of JSON in the arguments, one out. It needs more of its core, and flatters ratios.
import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';

const { origins, path, method = 'GET', headers = {}, body, expected, harvest, seconds, connections, timeout, valuesFile } = JSON.parse(process.argv[2]);
const values = valuesFile ? readFileSync(valuesFile, 'utf8').trim().split('\n') : null;
let at = 0;

function next() {
  const value = harvest ? values.shift() : values[(at += 1) % values.length];
  return value ?? 'none';
}

function setupRequest(request) {
  const value = next();
  return { ...request, body: body?.replace('{}', value), headers: Object.fromEntries(Object.entries(request.headers).map(([name, text]) => [name, text.replace('{}', value)])) };
}

const onResponse = harvest && ((_status, text) => void values.push(JSON.parse(text)[harvest] ?? 'none'));
const one = { method, path, headers, body, ...(values && { setupRequest }), ...(onResponse && { onResponse }) };
const runs = await Promise.all(
  origins.map((url) => autocannon({ url, connections: Math.ceil(connections / origins.length), duration: seconds, timeout, requests: [one] })),
);
const sum = (pick) => runs.reduce((total, run) => total + pick(run), 0);
const requests = sum(({ statusCodeStats: stats }) => Object.values(stats).reduce((all, { count }) => all + count, 0));
const good = sum(({ statusCodeStats: stats }) => stats[expected]?.count ?? 0);
console.log(JSON.stringify({
  requests, failures: requests - good + sum(({ errors }) => errors), perSecond: sum((run) => run.requests.average),
  p50Ms: Math.max(...runs.map(({ latency }) => latency.p50)), p99Ms: Math.max(...runs.map(({ latency }) => latency.p99)),
}));
