import { DocumentedApi, type OperationObject } from '../kit/documented-api.js';

/** An id that nobody and nothing has. */
export const NOBODY = '00000000-0000-7000-8000-000000000000';

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{parameters}`. */
  readonly template: string;
  /** The statuses that the document says it gives. */
  readonly statuses: ReadonlySet<number>;
  readonly security: NonNullable<OperationObject['security']>;
  /** The types of body that it takes. */
  readonly takes: readonly string[];
  readonly queryNames: readonly string[];
  /** The example of its JSON or form body, if it takes one. */
  readonly example: Readonly<Record<string, unknown>> | undefined;
}

interface SchemaWithExamples {
  readonly examples?: readonly Readonly<Record<string, unknown>>[];
}

/** Every operation of the committed document. */
export const documentedOperations = (): Operation[] => {
  const api = new DocumentedApi();
  return Object.entries(api.document.paths).flatMap(([template, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const content = operation.requestBody ? api.resolve(operation.requestBody).content : {};
      const schema = Object.values(content)[0]?.schema;
      return {
        id: operation.operationId,
        method: method.toUpperCase(),
        template,
        statuses: new Set(Object.keys(operation.responses).map(Number)),
        security: operation.security ?? [],
        takes: Object.keys(content),
        queryNames: (operation.parameters ?? []).map((given) => api.resolve(given)).filter(({ in: place }) => place === 'query').map(({ name }) => name),
        example: schema && (api.resolve(schema) as SchemaWithExamples).examples?.[0],
      };
    }),
  );
};

export const needsToken = ({ security }: Operation): boolean => security.length > 0 && security.every((way) => Object.keys(way).length > 0);
export const takesJson = ({ takes }: Operation): boolean => takes.includes('application/json');
export const takesForm = ({ takes }: Operation): boolean => takes.includes('application/x-www-form-urlencoded');
export const takesPicture = ({ takes }: Operation): boolean => takes.includes('image/png');

/** The path with every parameter the same; a picture’s name has a size and a format. */
export const pathOf = ({ template }: Operation, parameter = NOBODY): string =>
  template.replace('{hash}', parameter === NOBODY ? 'a'.repeat(64) : parameter).replace('{file}', '64.webp').replace(/\{\w+\}/g, parameter);

/** The body of its example, as it is sent. */
export const bodyOf = (operation: Operation): { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } => {
  if (takesPicture(operation)) return { body: Buffer.from('GIF89a'), headers: { 'content-type': 'image/gif' } };
  if (!operation.example) return {};
  if (takesJson(operation)) return { body: operation.example };
  // A secret in the body would be a second way to say who asks.
  const form = Object.entries(operation.example as Record<string, string>).filter(([name]) => !name.startsWith('client_'));
  return { body: new URLSearchParams(form).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } };
};
