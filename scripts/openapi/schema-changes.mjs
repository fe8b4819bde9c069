// What in a JSON schema may not change under the feet of a client. `direction`: 'taken' for what clients send, 'sent' for what they get.

/** Numbers of which less is stricter, and of which more is. */
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];

/** The types that a value may have; null: any. */
const typesOf = (schema, document) => {
  const { type, const: value, enum: values, anyOf, oneOf } = flattened(schema, document);
  if (type !== undefined) return [type].flat();
  if (values || value !== undefined) return [...new Set((values ?? [value]).map((item) => (item === null ? 'null' : typeof item)))];
  const alternatives = (anyOf ?? oneOf ?? []).map((part) => typesOf(part, document));
  return alternatives.length > 0 && alternatives.every(Boolean) ? [...new Set(alternatives.flat())] : null;
};
const valuesOf = ({ enum: values, const: value }) => values ?? (value === undefined ? null : [value]);
const list = (values) => values.map((value) => JSON.stringify(value)).join(', ');

/** `$ref` and `allOf` taken apart, one level deep. */
export const flattened = (schema, document) => {
  let flat = { ...schema };
  if (flat.$ref !== undefined) {
    const target = flat.$ref.slice(2).split('/').reduce((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document) ?? {};
    const beside = { ...flat };
    delete beside.$ref;
    flat = { ...flattened(target, document), ...beside };
  }
  const { allOf = [], ...own } = flat;
  return allOf.map((part) => flattened(part, document)).reduce(joined, own);
};

const joined = (a, b) => {
  const properties = { ...a.properties };
  for (const [name, schema] of Object.entries(b.properties ?? {})) properties[name] = properties[name] ? { allOf: [properties[name], schema] } : schema;
  return { ...a, ...b, ...(Object.keys(properties).length > 0 && { properties }), required: [...new Set([...(a.required ?? []), ...(b.required ?? [])])] };
};

/** Compares two schemas, and says by `report(where, what)` what breaks. */
export class SchemaComparison {
  #seen = new Set();

  constructor(before, after, report) {
    this.before = before;
    this.after = after;
    this.report = report;
  }

  compare(old, fresh, direction, where) {
    // A schema that refers to itself is compared once.
    const pair = `${old.$ref} ${fresh.$ref} ${direction}`;
    if (old.$ref !== undefined && fresh.$ref !== undefined) {
      if (this.#seen.has(pair)) return;
      this.#seen.add(pair);
    }
    const [a, b] = [flattened(old, this.before), flattened(fresh, this.after)];
    this.#types(a, b, direction, where);
    this.#values(a, b, direction, where);
    if (direction === 'taken') this.#narrowed(a, b, where);
    else this.#widened(a, b, where);
    this.#alternatives(a, b, direction, where);
    this.#fields(a, b, direction, where);
    if (a.items || b.items) this.compare(a.items ?? {}, b.items ?? {}, direction, `${where}[]`);
    if (isSchema(a.additionalProperties) || isSchema(b.additionalProperties)) this.compare(othersOf(a), othersOf(b), direction, `${where}.*`);
  }

  #types(a, b, direction, where) {
    const [old, fresh] = [typesOf(a, this.before), typesOf(b, this.after)];
    const [strict, wide] = direction === 'taken' ? [fresh, old] : [old, fresh];
    if (strict && (!wide || wide.some((type) => !strict.includes(type) && !(type === 'integer' && strict.includes('number'))))) {
      this.report(where, `the type changed from ${nameOf(old)} to ${nameOf(fresh)}`);
    }
    const promised = direction === 'taken' ? b.format : a.format;
    if (a.format !== b.format && promised !== undefined) this.report(where, `the format changed from ${a.format ?? 'any'} to ${b.format ?? 'any'}`);
  }

  #values(a, b, direction, where) {
    const [old, fresh] = [valuesOf(a), valuesOf(b)];
    if (direction === 'taken') {
      const lost = fresh ? (old ?? []).filter((value) => !fresh.includes(value)) : [];
      if (lost.length > 0) this.report(where, `${list(lost)} can no longer be sent`);
      if (!old && fresh) this.report(where, `only ${list(fresh)} can be sent`);
      return;
    }
    if (a['x-extensible'] === true) return;
    const gained = old ? (fresh ?? []).filter((value) => !old.includes(value)) : [];
    if (gained.length > 0) this.report(where, `${list(gained)} may come, which clients do not know`);
    if (old && !fresh) this.report(where, 'anything may come, where clients know certain values');
  }

  /** Less is taken. */
  #narrowed(a, b, where) {
    for (const name of UPPER_BOUNDS) if (b[name] !== undefined && (a[name] === undefined || b[name] < a[name])) this.report(where, `${name} is ${b[name]}, and was ${a[name] ?? 'not bounded'}`);
    for (const name of LOWER_BOUNDS) if (b[name] !== undefined && (a[name] ?? lowest(name)) < b[name]) this.report(where, `${name} is ${b[name]}, and was ${a[name] ?? 'not bounded'}`);
    if (b.pattern !== undefined && a.pattern !== b.pattern) this.report(where, `the pattern changed to ${b.pattern}`);
    if (b.uniqueItems === true && a.uniqueItems !== true) this.report(where, 'items must be unique now');
  }

  /** More may come. */
  #widened(a, b, where) {
    for (const name of UPPER_BOUNDS) if (a[name] !== undefined && (b[name] ?? Infinity) > a[name]) this.report(where, `${name} is ${b[name] ?? 'not bounded'}, and was ${a[name]}`);
    for (const name of LOWER_BOUNDS) if (a[name] !== undefined && a[name] > (b[name] ?? lowest(name))) this.report(where, `${name} is ${b[name] ?? 'not bounded'}, and was ${a[name]}`);
    if (a.pattern !== undefined && a.pattern !== b.pattern) this.report(where, `the pattern changed to ${b.pattern ?? 'any'}`);
    if (a.uniqueItems === true && b.uniqueItems !== true) this.report(where, 'items may come twice now');
  }

  #alternatives(a, b, direction, where) {
    for (const kind of ['anyOf', 'oneOf']) {
      const [old, fresh] = [a[kind] ?? [], b[kind] ?? []];
      if (direction === 'taken' ? fresh.length < old.length : fresh.length > old.length && old.length > 0) this.report(where, `${kind} has ${fresh.length} alternatives, and had ${old.length}`);
      old.slice(0, fresh.length).forEach((schema, index) => this.compare(schema, fresh[index], direction, `${where}(${index})`));
    }
  }

  #fields(a, b, direction, where) {
    const [old, fresh] = [a.properties ?? {}, b.properties ?? {}];
    const [oldRequired, freshRequired] = [a.required ?? [], b.required ?? []];
    for (const name of Object.keys(old)) {
      if (fresh[name]) this.compare(old[name], fresh[name], direction, `${where}.${name}`);
      else this.report(`${where}.${name}`, direction === 'taken' ? 'the field is no longer taken' : 'the field is no longer sent');
    }
    if (direction === 'taken') {
      for (const name of freshRequired) if (!oldRequired.includes(name)) this.report(`${where}.${name}`, 'the field is required now');
      if (b.additionalProperties === false && a.additionalProperties !== false) this.report(where, 'other fields are refused now');
    } else {
      for (const name of oldRequired) if (fresh[name] && !freshRequired.includes(name)) this.report(`${where}.${name}`, 'the field may be missing now');
    }
  }
}

/** What stands for the fields that have no name. */
const othersOf = ({ additionalProperties: schema }) => (isSchema(schema) ? schema : {});
const nameOf = (types) => types?.join(' or ') ?? 'any';
/** Lengths and counts are never below 0; numbers are. */
const lowest = (name) => (/^(exclusiveM|m)inimum$/.test(name) ? -Infinity : 0);
const isSchema = (value) => typeof value === 'object' && value !== null;
