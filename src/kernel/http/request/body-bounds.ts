/** Bytes of a JSON or form body, at most. A route whose DTO needs more sets Fastify's `bodyLimit`. The largest body that the document describes fits (a test looks). */
export const BODY_LIMIT_BYTES = 16 * 1024;

/** Fields of all objects of a body together, at most. The largest DTO has a dozen. */
export const MAX_BODY_FIELDS = 64;
/** Items of all its arrays together, at most. The longest list that is taken has 100. */
export const MAX_BODY_ITEMS = 256;
/** Objects and arrays within one another, at most. */
export const MAX_BODY_DEPTH = 8;
/** Parameters of a form or a query, at most. */
export const MAX_PARAMETERS = 64;
/** Bytes of a query as it is written, at most: a cursor, a search of 254 characters, a signature. */
export const MAX_QUERY_BYTES = 4_096;

/**
 * Whether a parsed body has more parts than any DTO: what validates it makes objects, paths and messages for every one. Stops at
 * the first part too many, and does not recurse.
 */
export const isTooComplex = (body: unknown): boolean => {
  const level: unknown[] = [body];
  let fields = 0;
  let items = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_BODY_DEPTH) return true;
    const parents = level.splice(0).filter(isContainer);
    for (const parent of parents) {
      const children = Object.values(parent) as unknown[];
      if (Array.isArray(parent)) items += children.length;
      else fields += children.length;
      if (fields > MAX_BODY_FIELDS || items > MAX_BODY_ITEMS) return true;
      level.push(...children);
    }
  }
  return false;
};

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether `name=value&name=value…` has more parameters than any route takes. */
export const hasTooManyParameters = (text: string): boolean => {
  let count = 1;
  for (let at = text.indexOf('&'); at !== -1 && count <= MAX_PARAMETERS; at = text.indexOf('&', at + 1)) count += 1;
  return count > MAX_PARAMETERS;
};
