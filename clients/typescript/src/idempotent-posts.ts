import type { paths } from './types.js';

type HeadersOf<Path> = Path extends { post: { parameters: { header?: infer Header } } } ? NonNullable<Header> : never;
// In brackets: where there are no headers at all the type is `never`, which would extend anything.
type TakesKey<Path> = [HeadersOf<Path>] extends [never] ? false : 'Idempotency-Key' extends keyof HeadersOf<Path> ? true : false;
type KeyedPath = { [Path in keyof paths]: TakesKey<paths[Path]> extends true ? Path : never }[keyof paths];

/** Every POST that takes an Idempotency-Key: the compiler holds the list against the document, both ways. */
const KEYED: Record<KeyedPath, true> = {
  '/v1/auth/register': true,
  '/v1/auth/api-keys': true,
  '/v1/users': true,
  '/v1/users/{id}/tokens': true,
  '/v1/webhooks': true,
};

export const takesIdempotencyKey = (method: string, schemaPath: string): boolean => method === 'POST' && Object.hasOwn(KEYED, schemaPath);
