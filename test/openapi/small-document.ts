/* eslint-disable @typescript-eslint/no-explicit-any -- a document is bent wherever a test likes */

/** A document with one of everything, anew each time: a test changes what it is about. */
export const smallDocument = (): any => ({
  openapi: '3.1.0',
  info: { title: 'Small', version: '0.1.0' },
  paths: {
    '/pets': {
      get: {
        operationId: 'pets_list',
        summary: 'Pets',
        security: [{ bearer: [] }, { apiKey: ['pets:read'] }],
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 } },
          { name: 'sort', in: 'query', schema: { type: 'string', enum: ['name', 'age'] } },
        ],
        responses: {
          200: {
            description: 'OK',
            headers: { ETag: { required: true, schema: { type: 'string' } } },
            content: {
              'application/json': {
                schema: { type: 'object', properties: { items: { type: 'array', uniqueItems: true, items: { $ref: '#/components/schemas/Pet' } } }, required: ['items'] },
              },
            },
          },
          401: { description: 'Unauthorized', content: { 'application/problem+json': { schema: problem('auth.token_missing', 'auth.token_expired') } } },
        },
      },
      post: {
        operationId: 'pets_create',
        security: [],
        requestBody: { required: false, content: { 'application/json': { schema: { $ref: '#/components/schemas/NewPet' } }, 'text/plain': { schema: { type: 'string' } } } },
        responses: { 201: { description: 'Created', content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } } },
      },
    },
    '/pets/{id}': {
      delete: {
        operationId: 'pets_remove',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
        responses: { 204: { description: 'Gone' } },
      },
    },
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, apiKey: { type: 'http', scheme: 'bearer' } },
    schemas: {
      Pet: {
        type: 'object',
        required: ['id', 'name', 'kind', 'mood'],
        properties: {
          id: { type: 'string', format: 'uuid' },
          name: { type: 'string', minLength: 1, maxLength: 64, pattern: '^\\S' },
          nick: { type: 'string' },
          age: { type: 'integer', minimum: 0, maximum: 90 },
          kind: { type: 'string', enum: ['cat', 'dog'] },
          mood: { type: 'string', enum: ['calm', 'wild'], 'x-extensible': true },
          home: { anyOf: [{ type: 'string' }, { type: 'null' }] },
          weights: { type: 'object', additionalProperties: { type: 'number' } },
        },
      },
      NewPet: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 64 },
          nick: { type: ['string', 'null'] },
          born: { type: 'string' },
          kind: { type: 'string', enum: ['cat', 'dog', 'fish'] },
          age: { type: 'number', minimum: -1, maximum: 90 },
          tags: { type: 'array', maxItems: 10, items: { type: 'string', format: 'email' } },
          home: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
        },
      },
    },
  },
});

const problem = (...codes: string[]): object => ({
  allOf: [
    { type: 'object', properties: { code: { type: 'string' } } },
    { type: 'object', properties: { code: { type: 'string', enum: codes } } },
  ],
});
