import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';

interface ResponseObject {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema?: object; readonly $ref?: string }>>;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
  readonly $ref?: string;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string; readonly responses: Readonly<Record<string, ResponseObject>> }>>>>;
  readonly components: { readonly schemas: Record<string, object> };
}

export interface Answer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

const DOCUMENT_FILE = new URL('../../openapi.json', import.meta.url);

/** What any path answers to a request that no operation takes. */
const OUTSIDE_OPERATIONS = new Set([400, 404, 405, 414, 431, 503]);

/** The committed document, held against real answers: status, type, body and headers must be as it says. */
export class ApiContract {
  private readonly document = strict(JSON.parse(readFileSync(DOCUMENT_FILE, 'utf8')) as Document);
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly compiled = new Map<object, ValidateFunction>();
  private readonly patterns = Object.keys(this.document.paths)
    .map((template) => ({ template, matcher: new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`) }))
    // `/users/me` before `/users/{id}`
    .sort((a, b) => a.template.split('{').length - b.template.split('{').length);

  constructor() {
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.ajv);
    this.ajv.addSchema(this.document, 'openapi');
  }

  /** Throws when the answer is not what the document says. */
  check(answer: Answer): void {
    const faults = this.faultsOf(answer);
    if (faults.length === 0) return;
    const body = answer.bytes.subarray(0, 600).toString('utf8');
    throw new Error(`${answer.method} ${answer.path} → ${answer.status} is not as documented:\n- ${faults.join('\n- ')}\n${body}`);
  }

  private faultsOf(answer: Answer): string[] {
    const path = new URL(answer.path, 'http://x').pathname;
    const template = this.patterns.find(({ matcher }) => matcher.test(path))?.template;
    const method = answer.method === 'HEAD' ? 'get' : answer.method.toLowerCase();
    const operation = template === undefined ? undefined : this.document.paths[template]![method];
    if (!operation) return OUTSIDE_OPERATIONS.has(answer.status) ? this.problemFaults(answer) : [];
    const documented = operation.responses[String(answer.status)];
    if (!documented) return [`${operation.operationId} documents no ${answer.status}, only ${Object.keys(operation.responses).join(', ')}`];
    const response = this.resolve(documented);
    return [...this.headerFaults(answer, response), ...this.bodyFaults(answer, response)];
  }

  private headerFaults({ headers }: Answer, response: ResponseObject): string[] {
    return Object.entries(response.headers ?? {}).flatMap(([name, given]) => {
      const header = this.resolve(given);
      const value = headers.get(name);
      if (value === null) return header.required ? [`header ${name} is missing`] : [];
      return header.schema ? this.schemaFaults(header.schema, value, `header ${name}`) : [];
    });
  }

  private bodyFaults(answer: Answer, response: ResponseObject): string[] {
    const { bytes, headers } = answer;
    const isBodiless = answer.method === 'HEAD' || [204, 304, 307].includes(answer.status);
    if (isBodiless) return bytes.length === 0 ? [] : ['a body where there must be none'];
    if (!response.content) return bytes.length === 0 ? [] : ['a body that is not documented'];
    const type = headers.get('content-type')?.split(';')[0]?.trim() ?? '(none)';
    const media = response.content[type];
    if (!media) return [`type ${type} is not documented, only ${Object.keys(response.content).join(', ')}`];
    return media.schema && /json$/.test(type) ? this.schemaFaults(media.schema, JSON.parse(bytes.toString('utf8')), 'body') : [];
  }

  private problemFaults(answer: Answer): string[] {
    if (answer.method === 'HEAD' || answer.bytes.length === 0) return [];
    const isOAuth = /^\/oauth(\/|$)/.test(new URL(answer.path, 'http://x').pathname);
    const schema = { $ref: `#/components/schemas/${isOAuth ? 'OAuthErrorDto' : 'ProblemDto'}` };
    return this.bodyFaults(answer, { content: { [isOAuth ? 'application/json' : 'application/problem+json']: { schema } } });
  }

  private schemaFaults(schema: object, value: unknown, what: string): string[] {
    let validate = this.compiled.get(schema);
    if (!validate) {
      validate = this.ajv.compile(absolute(schema) as object);
      this.compiled.set(schema, validate);
    }
    return validate(value) ? [] : validate.errors!.map((error) => `${what}${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  }

  private resolve<T extends { readonly $ref?: string }>(value: T): T {
    if (value.$ref === undefined) return value;
    const parts = value.$ref.replace('#/', '').split('/');
    return parts.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], this.document) as T;
  }
}

/** References that hold outside the document too. */
const absolute = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(absolute);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === '$ref' ? `openapi${String(item)}` : absolute(item)]));
};

/** Clients must bear new fields; we must not send one that is not documented. */
const strict = (document: Document): Document => {
  for (const schema of Object.values(document.components.schemas) as { properties?: object; additionalProperties?: unknown }[]) {
    if (schema.properties && schema.additionalProperties === undefined) schema.additionalProperties = false;
  }
  return document;
};
