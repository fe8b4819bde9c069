/** A JSON schema, as far as DTOs use it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  minItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
}

type Schemas = Record<string, Schema>;

const BY_FORMAT: Readonly<Record<string, unknown>> = {
  'date-time': '2026-11-20T09:30:00.000Z',
  uuid: '01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55',
  uri: 'https://id.example.test/',
  'idn-email': 'ada@example.test',
  password: 'correct horse battery',
};

/** What stands for nothing in particular; a field that may be left out is left out rather. */
const ANY_TEXT = 'text';

/** Fields that are called alike in many places. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  accessToken: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.…',
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.…',
  refreshToken: 'lr_…',
  refresh_token: 'lr_…',
  token: 'lr_…',
  name: 'backend',
  nextCursor: null,
  requestId: '0a2f4c1e-7a52-4c59-b8ce-5d1ba5e3f0a1',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
  exp: 1_795_000_900,
  iat: 1_795_000_000,
  aud: 'https://api.example.test',
  iss: 'https://id.example.test',
  roles: ['admin'],
  kty: 'EC',
  use: 'sig',
  alg: 'ES256',
  kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  response_types_supported: [],
};

/** Gives every object of `components.schemas` an example that is whole, put together from those of its fields. */
export const addSchemaExamples = (schemas: Schemas): void => {
  for (const schema of Object.values(schemas)) {
    tidy(schema);
    if (schema.properties && !schema.examples) schema.examples = [exampleOf(schema, schemas)];
  }
};

/** `allOf` with one member says nothing that `$ref` beside a description does not (OpenAPI 3.1); the format of a list is that of its items. */
const tidy = (schema: Schema): void => {
  if (schema.type === 'array') delete schema.format;
  for (const part of [...Object.values(schema.properties ?? {}), schema.items]) if (part) tidy(part);
  if (schema.allOf?.length !== 1) return;
  Object.assign(schema, schema.allOf[0]);
  delete schema.allOf;
};

const exampleOf = (schema: Schema, schemas: Schemas): unknown => {
  if (schema.example !== undefined) return schema.example;
  if (schema.examples) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.$ref !== undefined) return exampleOf(schemas[schema.$ref.split('/').at(-1)!]!, schemas);
  if (schema.enum) return schema.enum[0];
  const alternatives = schema.allOf ?? schema.anyOf ?? schema.oneOf;
  if (alternatives) return exampleOf(alternatives[0]!, schemas);
  return exampleOfType(schema, schemas);
};

const exampleOfType = (schema: Schema, schemas: Schemas): unknown => {
  const type = [schema.type ?? 'object'].flat()[0];
  if (type === 'array') return schema.items ? [exampleOf(schema.items, schemas)] : [];
  if (schema.format !== undefined && schema.format in BY_FORMAT) return BY_FORMAT[schema.format];
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return false;
  if (type === 'string') return ANY_TEXT;
  return Object.fromEntries(fieldsOf(schema, schemas));
};

const fieldsOf = (schema: Schema, schemas: Schemas): [string, unknown][] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, property]): [string, unknown][] => {
    const own = exampleOf(property, schemas);
    const value = own === ANY_TEXT || own === 1 || (Array.isArray(own) && own[0] === ANY_TEXT) ? (BY_NAME[name] ?? own) : own;
    return value === ANY_TEXT && !schema.required?.includes(name) ? [] : [[name, value]];
  });
