import type { OpenAPIObject } from '@nestjs/swagger';
import { DOCUMENT_EXTENSIONS, isOAuthUrl, type CachePolicyName } from '../../kernel/http/index.js';
import { IDEMPOTENCY_KEY_HEADER } from '../../kernel/idempotency/index.js';
import { conditionHeaders, documentRevalidation } from './conditional-responses.js';
import type { Operation, Responses } from './operation.js';
import { codesOf, errorFormOf, problemCodes, problemResponses, SHARED_RESPONSES } from './problem-responses.js';
import { documentRawBodies } from './raw-bodies.js';
import { commonHeaders, HEADER_COMPONENTS, headerRef, limitHeaders } from './response-headers.js';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Says for every operation what holds for all: problems, headers, security, conditional requests; and gives it its id, `<tag>_<handler>`. */
export const completeDocument = (document: OpenAPIObject): OpenAPIObject => {
  const ids = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const id = `${camelCase(operation.tags?.[0] ?? 'service')}_${operation.operationId ?? method}`;
      if (ids.has(id)) throw new Error(`Two operations would be called ${id}: give their handlers other names`);
      ids.add(id);
      operation.operationId = id;
      completeOperation(operation, method, path);
    }
  }
  return sorted(document);
};

const camelCase = (tag: string): string => tag.replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());

const completeOperation = (operation: Operation, method: string, path: string): void => {
  const extensions = operation as unknown as Record<string, unknown>;
  const isPublic = extensions[DOCUMENT_EXTENSIONS.public] === true;
  const policy = (extensions[DOCUMENT_EXTENSIONS.cachePolicy] as CachePolicyName | undefined) ?? 'noStore';
  operation.summary = operation.summary?.replace(/\s+/g, ' ');
  operation.security = securityOf(operation, extensions[DOCUMENT_EXTENSIONS.scope] as string | undefined, path, isPublic);
  const form = errorFormOf(path);
  const codes = problemCodes(operation, { isPublic, hasPathParameters: path.includes('{') });
  const isGated = extensions[DOCUMENT_EXTENSIONS.gated] === true;
  const isRepeatable = operation.parameters?.some((parameter) => 'name' in parameter && parameter.name === IDEMPOTENCY_KEY_HEADER);
  for (const key of Object.keys(extensions)) if (key.startsWith('x-likeness-')) delete extensions[key];

  const responses = operation.responses as Record<string, Responses[string] & { headers?: object }>;
  documentRawBodies(operation);
  if (method === 'get') documentRevalidation(operation, policy);
  for (const [status, response] of Object.entries(responses)) {
    const isSuccess = status.startsWith('2') || status === '304';
    response.headers = {
      ...response.headers,
      ...commonHeaders(isSuccess ? policy : 'noStore', isGated && isSuccess),
      ...conditionHeaders(status, response.headers),
      ...(codes.includes('request.rate_limited') && limitHeaders()),
      ...(isRepeatable && isSuccess && { 'Idempotency-Replayed': headerRef('Idempotency-Replayed') }),
    };
  }
  for (const [status, response] of Object.entries(problemResponses(codes, form))) {
    // Readiness has a body of its own for 503; a description without a body gives way.
    const own = responses[status] as { content?: object } | undefined;
    if (own?.content) own.content = { ...form(codesOf(codes, Number(status))), ...own.content };
    else responses[status] = response as never;
  }
};

type Security = NonNullable<Operation['security']>;

/** Who may call: sessions, keys that have the scope, and under /oauth keys as client secrets; nobody in particular where the operation says so. */
const securityOf = (operation: Operation, scope: string | undefined, path: string, isPublic: boolean): Security => {
  if (isPublic && scope === undefined) return [];
  const security: Security = operation.security?.filter((requirement) => Object.keys(requirement).length === 0) ?? [];
  security.push({ bearer: [] });
  if (scope !== undefined) security.push({ apiKey: [scope] });
  if (scope !== undefined && isOAuthUrl(path)) security.push({ clientBasic: [] });
  return security;
};

/** The same code must give the same file, whatever the order in which modules were found. */
const sorted = (document: OpenAPIObject): OpenAPIObject => {
  const byKey = <T>(record: Record<string, T> | undefined): Record<string, T> =>
    Object.fromEntries(Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...document, paths: byKey(document.paths), components: { ...document.components, headers: HEADER_COMPONENTS, responses: SHARED_RESPONSES, schemas: byKey(document.components?.schemas) } as never };
};
