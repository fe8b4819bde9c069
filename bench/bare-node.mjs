// The yardstick: a Node HTTP server that writes the given bytes and headers and does nothing else.
import { createServer } from 'node:http';

const { status, headers, body } = JSON.parse(process.argv[2]);
const bytes = Buffer.from(body, 'base64');
const server = createServer((_request, response) => response.writeHead(status, headers).end(status === 304 ? undefined : bytes));
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
