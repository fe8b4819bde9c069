import type { Operation } from './operation.js';

interface Schema {
  $ref?: string;
  examples?: unknown[];
  example?: unknown;
  default?: unknown;
  required?: string[];
}

interface Parameter {
  readonly required?: boolean;
  example?: unknown;
  description?: string;
  schema?: Schema;
}

type Schemas = Readonly<Record<string, Schema>>;

const JSON_BODY = /[/+]json$/;

/**
 * The reference at /docs sends whatever examples it finds, so an operation's own must work as it stands: of a body the fields that
 * are required (of a patch one), and no parameter that may be left out.
 */
export const documentPrefilled = (operation: Operation, schemas: Schemas): void => {
  for (const parameter of (operation.parameters ?? []) as Parameter[]) if (!parameter.required) leaveOut(parameter);
  const body = operation.requestBody;
  if (!body || !('content' in body)) return;
  for (const [type, media] of Object.entries(body.content as Record<string, { schema?: Schema; example?: unknown }>)) {
    const schema = schemas[media.schema?.$ref?.split('/').at(-1) ?? ''];
    if (JSON_BODY.test(type) && schema?.examples) media.example = smallest(schema, body.required === true);
  }
};

/** What it looks like is said in words instead. */
const leaveOut = (parameter: Parameter): void => {
  const { schema } = parameter;
  const example = parameter.example ?? schema?.example;
  delete parameter.example;
  if (example === undefined || !schema) return;
  delete schema.example;
  if (example !== schema.default) parameter.description = [parameter.description, `For example \`${typeof example === 'string' ? example : JSON.stringify(example)}\`.`].filter(Boolean).join(' ');
};

const smallest = ({ examples, required = [] }: Schema, isRequired: boolean): object => {
  const whole = Object.entries(examples![0] as object);
  const needed = whole.filter(([name]) => required.includes(name));
  return Object.fromEntries(needed.length === 0 && isRequired ? whole.slice(0, 1) : needed);
};
