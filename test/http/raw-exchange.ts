import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly text: string;
}

/** A busy machine may take long before its first byte. */
const FIRST_BYTE_MS = 60_000;

/** Writes bytes to the port and reads until the other side closes, or falls silent after it began to answer. Errors on the way do not hide what was read. */
export const exchange = (port: number, bytes: string | Buffer, { quietMs = 500 } = {}): Promise<RawAnswer> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const finish = (): void => {
      socket.destroy();
      resolve(parse(text));
    };
    socket.setTimeout(FIRST_BYTE_MS, finish);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      socket.setTimeout(quietMs);
    });
    socket.on('error', () => undefined);
    socket.on('close', finish);
    socket.write(bytes);
  });

const parse = (text: string): RawAnswer => {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n'), text };
};
