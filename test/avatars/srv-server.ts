import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A DNS server that answers every SRV question with one target (RFC 1035 §4, RFC 2782); everything else does not exist. */
export async function startSrvServer(target: string, port: number): Promise<{ readonly address: string; stop(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const questionEnd = query.indexOf(0, 12) + 5; // the name's end, type and class
    const question = query.subarray(12, questionEnd);
    const isSrv = question.readUInt16BE(question.length - 4) === 33;
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(isSrv ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(isSrv ? 1 : 0, 6);
    const name = Buffer.concat([...target.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);
    const answer = Buffer.alloc(18);
    answer.writeUInt16BE(0xc00c, 0); // the name that was asked for
    answer.writeUInt16BE(33, 2);
    answer.writeUInt16BE(1, 4);
    answer.writeUInt32BE(60, 6);
    answer.writeUInt16BE(6 + name.length, 10);
    answer.writeUInt16BE(port, 16);
    socket.send(isSrv ? Buffer.concat([header, question, answer, name]) : Buffer.concat([header, question]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, stop: () => socket.close() };
}
