import type { Operation } from './operation.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: object;
}

const NAMES: Readonly<Record<string, string>> = { 'if-match': 'If-Match', 'if-none-match': 'If-None-Match' };

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'If-Match': 'The ETag of the version that the change is made for (RFC 9110 §13.1.1); 412 when there is another one by now.',
  'If-None-Match': 'ETags that the client holds, or `*` (RFC 9110 §13.1.2).',
};

/** Nest says of each `@Headers('if-match')` that it is there and required: it is neither a second header nor asked for. */
export const documentHeaders = (operation: Operation): void => {
  const parameters = (operation.parameters ?? []) as Parameter[];
  const said = new Map<string, Parameter>();
  for (const parameter of parameters) {
    const key = parameter.in === 'header' ? parameter.name.toLowerCase() : `${parameter.in} ${parameter.name}`;
    const name = parameter.in === 'header' ? (NAMES[key] ?? parameter.name) : parameter.name;
    const description = parameter.description ?? said.get(key)?.description ?? DESCRIPTIONS[name];
    said.set(key, { ...parameter, name, ...(description && { description }), ...(name in DESCRIPTIONS && { required: false }) });
  }
  if (parameters.length > 0) operation.parameters = [...said.values()] as never;
};
