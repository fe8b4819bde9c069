import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BODY_LIMIT_BYTES, MAX_BODY_FIELDS, MAX_BODY_ITEMS } from '../../src/kernel/http/request/body-bounds.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
}
interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string; readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> } }>>>>;
}

const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')) as Document;
/** Tokens, cursors and what else has a form of its own and no length in the document. */
const LENGTH_OF_OTHERS = 1_024;
/** A character of UTF-8, at most; JSON may write some as an escape of six. */
const BYTES_OF_CHARACTER = 4;

const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
const resolved = (schema: Schema): Schema => (schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)!]! : schema);

const largest = (given: Schema): number => {
  const schema = resolved(given);
  if (schema.allOf) return schema.allOf.map(largest).reduce((all, one) => all + one, 0);
  if (schema.properties) return 2 + Object.entries(schema.properties).reduce((all, [name, property]) => all + name.length + 4 + largest(property), 0);
  if (schema.items) return 2 + (schema.maxItems ?? 32) * (largest(schema.items) + 1);
  if (schema.enum) return 2 + Math.max(...schema.enum.map((word) => word.length));
  if (schema.format === 'uuid') return 38;
  return [schema.type].flat().includes('string') ? 2 + BYTES_OF_CHARACTER * (schema.maxLength ?? LENGTH_OF_OTHERS / BYTES_OF_CHARACTER) : 24;
};
const fieldsOf = (given: Schema): number => Object.keys(resolved(given).properties ?? {}).length;

describe('the bounds of requests', () => {
  const bodies = operations.flatMap(({ operationId, requestBody }) =>
    Object.entries(requestBody?.content ?? {}).filter(([type]) => type.includes('json')).map(([type, { schema }]) => [operationId, type, schema] as const));

  it.each(bodies)('let through the largest body that is documented for %s (%s)', (_id, _type, schema) => {
    expect(largest(schema)).toBeLessThanOrEqual(BODY_LIMIT_BYTES);
    expect(fieldsOf(schema)).toBeLessThanOrEqual(MAX_BODY_FIELDS);
    for (const property of Object.values(resolved(schema).properties ?? {})) expect(resolved(property).maxItems ?? 0).toBeLessThanOrEqual(MAX_BODY_ITEMS);
  });
});
