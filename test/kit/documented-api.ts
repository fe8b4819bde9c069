import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';

interface Reference {
  readonly $ref?: string;
}

export interface MediaType {
  readonly schema?: object;
}

export interface HeaderObject extends Reference {
  readonly required?: boolean;
  readonly schema?: object;
}

export interface ResponseObject extends Reference {
  readonly headers?: Readonly<Record<string, HeaderObject>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

export interface ParameterObject extends Reference {
  readonly name: string;
  readonly in: 'query' | 'header' | 'path';
}

export interface OperationObject {
  readonly operationId: string;
  /** Any of them is enough; an empty one is nothing at all. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: Reference & { readonly required?: boolean; readonly content: Readonly<Record<string, MediaType>> };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Record<string, object> };
}

const DOCUMENT_FILE = new URL('../../openapi.json', import.meta.url);

/** The committed document, with what is needed to ask it. */
export class DocumentedApi {
  readonly document = strict(JSON.parse(readFileSync(DOCUMENT_FILE, 'utf8')) as Document);
  /** Each test file compiles what it needs: quickly made validators are worth more there than quick ones. The document's own form is checked by the linter. */
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, inlineRefs: false, code: { optimize: false }, validateSchema: false, addUsedSchema: false });
  private readonly compiled = new Map<object, ValidateFunction>();
  private readonly patterns = Object.keys(this.document.paths)
    .map((template) => ({ template, matcher: new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`) }))
    // `/users/me` before `/users/{id}`
    .sort((a, b) => a.template.split('{').length - b.template.split('{').length);

  constructor() {
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.ajv);
    // Addresses may be international; whether one can be mailed to, only a mail can say.
    this.ajv.addFormat('idn-email', true);
    this.ajv.addSchema(this.document, 'openapi');
  }

  /** HEAD is documented as GET is. */
  operationOf(method: string, path: string): OperationObject | undefined {
    const template = this.patterns.find(({ matcher }) => matcher.test(path))?.template;
    return template === undefined ? undefined : this.document.paths[template]![method === 'HEAD' ? 'get' : method.toLowerCase()];
  }

  faultsOf(schema: object, value: unknown, what: string): string[] {
    let validate = this.compiled.get(schema);
    if (!validate) {
      validate = this.ajv.compile(absolute(schema) as object);
      this.compiled.set(schema, validate);
    }
    return validate(value) ? [] : validate.errors!.map((error) => `${what}${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  }

  resolve<T extends Reference>(value: T): T {
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
