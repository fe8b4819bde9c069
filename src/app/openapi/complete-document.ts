import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DOCUMENT_EXTENSIONS, isOAuthUrl, type CachePolicyName } from '../../kernel/http/index.js';
import { IDEMPOTENCY_KEY_HEADER } from '../../kernel/idempotency/index.js';
import { documentRevalidation } from './conditional-responses.js';
import { markExtensibleEnums } from './extensible-enums.js';
import { documentHeaders } from './header-parameters.js';
import type { Operation, Responses } from './operation.js';
import { codesOf, problemCodes } from './problem-codes.js';
import { errorFormOf } from './problem-forms.js';
import { documentPrefilled } from './prefilled-examples.js';
import { ProblemResponses } from './problem-responses.js';
import { documentRawBodies } from './request-bodies.js';
import { commonHeaders, headerComponents, headerRef, limitHeaders, problemHeaders } from './response-headers.js';
import { addIntegerFormats } from './integer-formats.js';
import { addSchemaExamples } from './schema-examples.js';
import { summarise } from './summaries.js';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Says for every operation what holds for all: problems, headers, security, conditional requests; and gives it its id, `<tag>_<handler>`. */
export const completeDocument = (document: OpenAPIObject): OpenAPIObject => {
  const ids = new Set<string>();
  const problems = new ProblemResponses();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const id = `${camelCase(operation.tags?.[0] ?? 'service')}_${operation.operationId ?? method}`;
      if (ids.has(id)) throw new Error(`Two operations would be called ${id}: give their handlers other names`);
      ids.add(id);
      operation.operationId = id;
      summarise(operation);
      completeOperation(operation, { method, path, problems });
    }
  }
  addSchemaExamples(document.components?.schemas as never);
  for (const item of Object.values(document.paths)) for (const method of METHODS) if (item[method]) documentPrefilled(item[method], document.components?.schemas as never);
  addIntegerFormats(document);
  markExtensibleEnums(document.components?.schemas as never);
  return sorted(document, problems);
};

const camelCase = (tag: string): string => tag.replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());

interface Place {
  readonly method: string;
  readonly path: string;
  readonly problems: ProblemResponses;
}

type OwnResponses = Record<string, Responses[string] & { headers?: Record<string, object>; content?: object }>;

const completeOperation = (operation: Operation, { method, path, problems }: Place): void => {
  const extensions = operation as unknown as Record<string, unknown>;
  const isPublic = extensions[DOCUMENT_EXTENSIONS.public] === true;
  const policy = (extensions[DOCUMENT_EXTENSIONS.cachePolicy] as CachePolicyName | undefined) ?? 'noStore';
  const isGated = extensions[DOCUMENT_EXTENSIONS.gated] === true;
  operation.security = securityOf(operation, extensions[DOCUMENT_EXTENSIONS.scope] as string | undefined, path, isPublic);
  if (method === 'get') documentRevalidation(operation, policy);
  documentHeaders(operation);
  documentRawBodies(operation);
  const codes = problemCodes(operation, { isPublic, hasPathParameters: path.includes('{') });
  for (const key of Object.keys(extensions)) if (key.startsWith('x-likeness-')) delete extensions[key];

  const responses = operation.responses as OwnResponses;
  const facts = { policy, isGated, isCounted: codes.includes('request.rate_limited'), isRepeatable: isRepeatable(operation) };
  completeOwn(responses, facts);
  const form = errorFormOf(path);
  for (const [status, response] of Object.entries(problems.of(codes, form, facts))) {
    // Readiness has a body of its own for 503; a description without a body gives way.
    const own = responses[status];
    if (own?.content) own.content = { ...problems.bodyOf(codesOf(codes, Number(status)), form), ...own.content };
    else responses[status] = response as never;
  }
};

const isRepeatable = ({ parameters }: Operation): boolean => parameters?.some((parameter) => 'name' in parameter && parameter.name === IDEMPOTENCY_KEY_HEADER) ?? false;

interface Facts {
  readonly policy: CachePolicyName;
  readonly isGated: boolean;
  readonly isCounted: boolean;
  readonly isRepeatable: boolean;
}

/** The responses that the operation itself declares: what it gives when it succeeds. */
const completeOwn = (responses: OwnResponses, { policy, isGated, isCounted, isRepeatable }: Facts): void => {
  for (const [status, response] of Object.entries(responses)) {
    const isSuccess = status.startsWith('2') || status === '304';
    if ('description' in response) response.description ||= STATUS_CODES[status] ?? status;
    response.headers = {
      ...response.headers,
      ...commonHeaders(isSuccess ? policy : 'noStore', isGated && isSuccess),
      ...problemHeaders(Number(status), []),
      ...(response.headers?.['ETag'] && { ETag: headerRef('ETag') }),
      ...(response.headers?.['Location'] && { Location: { description: 'Where it is.', ...response.headers['Location'], required: true } }),
      ...(isCounted && limitHeaders()),
      ...(isRepeatable && isSuccess && { 'Idempotency-Replayed': headerRef('Idempotency-Replayed') }),
    };
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
const sorted = (document: OpenAPIObject, { responses, examples }: ProblemResponses): OpenAPIObject => {
  const byKey = <T>(record: Record<string, T> | undefined): Record<string, T> =>
    Object.fromEntries(Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  const headers = headerComponents({ paths: document.paths, responses });
  const components = { ...document.components, headers, responses: byKey(responses), examples: byKey(examples), schemas: byKey(document.components?.schemas) };
  return { ...document, paths: byKey(document.paths), components: components as never };
};
