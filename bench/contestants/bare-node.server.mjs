// The yardstick: a Node HTTP server that takes a body where there is one, writes the given bytes and headers, and does nothing else.
import { createServer } from 'node:http';

const { status, headers, body } = JSON.parse(process.argv[2]);
const bytes = Buffer.from(body, 'base64');
const answer = (response) => void response.writeHead(status, headers).end(status === 304 ? undefined : bytes);
const server = createServer((request, response) => {
  if (request.method === 'GET') answer(response);
  else request.on('data', () => undefined).on('end', () => answer(response));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
