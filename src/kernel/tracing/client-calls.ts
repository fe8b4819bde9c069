import { StoreScript } from '../cache/index.js';

/** How a span tells what was asked of a store: words of ours and of the protocol, never a key, a value or a text. */
export interface ClientCall {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const VERB = /^[\s(]*([a-z]+)/i;
const TABLE = /\b(?:from|into|update|join)\s+(?:only\s+)?"?([a-z_][a-z0-9_]{0,62})"?/i;

/** `statement` is a text, of which the verb and the first table are told, or the name of a prepared read. */
export const describeStatement = ({ statement }: { readonly statement: string }): ClientCall => {
  const verb = VERB.exec(statement)?.[1]?.toUpperCase() ?? 'QUERY';
  const isName = /^[\w-]+$/.test(statement);
  const table = TABLE.exec(statement)?.[1];
  const summary = isName ? statement : table === undefined ? verb : `${verb} ${table}`;
  return {
    name: summary,
    attributes: { 'db.system.name': 'postgresql', 'db.query.summary': summary, ...(!isName && { 'db.operation.name': verb }) },
  };
};

/** `args` is what ioredis leaves of the arguments; only the digest of a script is looked at. */
export const describeRedisCommand = ({ command, args }: { readonly command: string; readonly args: readonly string[] }): ClientCall => {
  const operation = command.toUpperCase();
  const script = operation === 'EVALSHA' ? StoreScript.nameOf(args[0] ?? '') : undefined;
  return {
    name: script === undefined ? operation : `${operation} ${script}`,
    attributes: { 'db.system.name': 'redis', 'db.operation.name': operation, ...(script !== undefined && { 'db.stored_procedure.name': script }) },
  };
};

export const describeS3Call = ({ command }: { readonly command: string }): ClientCall => {
  const method = command.replace(/Command$/, '');
  return { name: `S3.${method}`, attributes: { 'rpc.system': 'aws-api', 'rpc.method': `S3/${method}` } };
};
