// Bare Node writing exactly what a target answered.
import { fileURLToPath } from 'node:url';
import { headersFor } from '../load/load.mjs';

const SERVER = fileURLToPath(new URL('bare-node.server.mjs', import.meta.url));
const OF_THE_CONNECTION = ['date', 'connection', 'keep-alive'];

/** The same target, answered by bare Node. Values that requests vary by are sent all the same, but nothing is harvested. */
export async function bareNodeLike(stage, target, { args = [], stdio } = {}) {
  const [value] = (await target.values?.(1)) ?? [];
  const response = await fetch(target.origins[0] + target.path, { method: target.method ?? 'GET', headers: headersFor(target, value), body: value === undefined ? target.body : target.body?.replace('{}', value) });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !OF_THE_CONNECTION.includes(name)));
  const body = Buffer.from(await response.arrayBuffer()).toString('base64');
  const server = await stage.start([process.execPath, ...args, SERVER, JSON.stringify({ status: response.status, headers, body })], { ready: /"port":(\d+)/, ...(stdio && { stdio }) });
  const port = /"port":(\d+)/.exec(server.output)[1];
  return { ...target, name: 'bare Node', origins: [`http://127.0.0.1:${port}`], pids: [server.pid], child: server.child };
}
