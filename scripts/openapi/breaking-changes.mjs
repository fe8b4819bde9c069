// What breaks the clients of an OpenAPI document, in the next one. May change without notice: new operations, new optional parameters
// and fields that are taken, new fields that are sent, wider bounds of what is taken, new problem codes and error statuses, new values
// of what is marked `x-extensible`, and anything that is said for people alone (summaries, descriptions, examples).
import { SchemaComparison } from './schema-changes.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];

/** `[{where, what}]`, in the order of the older document. */
export const breakingChanges = (before, after) => {
  const changes = [];
  const report = (where, what) => changes.push({ where, what });
  const resolve = (value, document) => (value?.$ref === undefined ? value : value.$ref.slice(2).split('/').reduce((at, part) => at?.[part], document));
  const both = (a, b) => [resolve(a, before), resolve(b, after)];
  // Each place has a comparison of its own: what breaks an operation is said of that operation.
  const compareSchemas = (old = {}, fresh = {}, direction, where) => new SchemaComparison(before, after, report).compare(old, fresh, direction, where);

  for (const [path, item] of Object.entries(before.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const where = `${method.toUpperCase()} ${path}`;
      const [old, fresh] = [item[method], after.paths[path]?.[method]];
      if (!fresh) {
        report(where, 'the operation is gone');
        continue;
      }
      if (old.operationId !== fresh.operationId) report(where, `the operationId changed from ${old.operationId} to ${fresh.operationId}: generated clients name their methods by it`);
      compareParameters(where, parametersOf(item, old), parametersOf(after.paths[path], fresh), { report, both, compareSchemas, resolveFresh: (value) => resolve(value, after) });
      compareBodies(where, ...both(old.requestBody, fresh.requestBody), { report, compareSchemas });
      compareSecurity(where, old.security ?? before.security ?? [], fresh.security ?? after.security ?? [], report);
      compareResponses(where, old.responses, fresh.responses, { report, both, compareSchemas });
    }
  }
  compareSchemes(before.components?.securitySchemes ?? {}, after.components?.securitySchemes ?? {}, report);
  return changes;
};

const parametersOf = (item, operation) => [...(item.parameters ?? []), ...(operation.parameters ?? [])];
const keyOf = ({ in: place, name }) => `${place} ${place === 'header' ? name.toLowerCase() : name}`;

const compareParameters = (where, old, fresh, { report, both, compareSchemas, resolveFresh }) => {
  const freshOnes = new Map(fresh.map(resolveFresh).map((parameter) => [keyOf(parameter), parameter]));
  const known = new Set();
  for (const given of old) {
    const [parameter] = both(given, undefined);
    known.add(keyOf(parameter));
    const now = freshOnes.get(keyOf(parameter));
    const at = `${where} ${parameter.in} ${parameter.name}`;
    if (!now) {
      report(at, 'the parameter is no longer taken');
      continue;
    }
    if (now.required && !parameter.required) report(at, 'the parameter is required now');
    if (parameter.style !== now.style || parameter.explode !== now.explode) report(at, 'the parameter is written otherwise now');
    const [standard, standardNow] = [parameter.schema?.default, now.schema?.default];
    if (JSON.stringify(standard) !== JSON.stringify(standardNow)) report(at, `left out, it means ${JSON.stringify(standardNow) ?? 'nothing'} now, and was ${JSON.stringify(standard) ?? 'nothing'}`);
    compareSchemas(parameter.schema, now.schema, 'taken', at);
  }
  for (const [key, parameter] of freshOnes) if (!known.has(key) && parameter.required) report(`${where} ${key}`, 'a new parameter is required');
};

const compareBodies = (where, old, fresh, { report, compareSchemas }) => {
  if (!old && fresh?.required) report(where, 'a body is required now');
  if (!old) return;
  if (!fresh) {
    report(where, 'a body is no longer taken');
    return;
  }
  if (fresh.required && !old.required) report(where, 'a body is required now');
  for (const [type, media] of Object.entries(old.content)) {
    if (!fresh.content[type]) report(where, `a body of type ${type} is no longer taken`);
    else compareSchemas(media.schema, fresh.content[type].schema, 'taken', `${where} body`);
  }
};

/** Nobody who could call may be turned away: every old way in must still be one. */
const compareSecurity = (where, oldWays, freshWays, report) => {
  const open = freshWays.map((way) => JSON.stringify(way));
  if (oldWays.length === 0 && open.length > 0 && !open.includes('{}')) report(where, 'credentials are asked for now');
  if (open.length === 0) return;
  for (const way of oldWays) if (!open.includes(JSON.stringify(way))) report(where, `${JSON.stringify(way)} is no longer enough`);
};

/** How credentials are shown. */
const compareSchemes = (old, fresh, report) => {
  for (const [name, scheme] of Object.entries(old)) {
    const now = fresh[name];
    const changed = ['type', 'scheme', 'in', 'name'].find((field) => scheme[field] !== now?.[field]);
    if (changed) report(`security scheme ${name}`, now ? `${changed} changed from ${scheme[changed]} to ${now[changed]}` : 'the scheme is gone');
  }
};

const compareResponses = (where, old, fresh, tools) => {
  const { report, both } = tools;
  for (const status of Object.keys(old)) {
    if (fresh[status]) compareResponse(`${where} ${status}`, ...both(old[status], fresh[status]), tools);
    else report(`${where} ${status}`, 'the status is gone');
  }
  // An error of a new status is treated by its class; a success of a new status is not.
  for (const status of Object.keys(fresh)) if (!old[status] && /^[123]/.test(status)) report(`${where} ${status}`, 'clients do not know this status');
};

const compareResponse = (where, old, fresh, { report, both, compareSchemas }) => {
  for (const [name, given] of Object.entries(old.headers ?? {})) {
    const [header, now] = both(given, Object.entries(fresh.headers ?? {}).find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1]);
    if (!now) report(`${where} header ${name}`, 'the header is no longer sent');
    else if (header.required && !now.required) report(`${where} header ${name}`, 'the header may be missing now');
    else compareSchemas(header.schema, now.schema, 'sent', `${where} header ${name}`);
  }
  for (const [type, media] of Object.entries(old.content ?? {})) {
    const now = fresh.content?.[type];
    if (!now) report(where, `the body is no longer given as ${type}`);
    else if (type === 'application/problem+json' && codesOf(media)) compareCodes(where, codesOf(media), codesOf(now) ?? [], report);
    else compareSchemas(media.schema, now.schema, 'sent', `${where} body`);
  }
};

const codesOf = ({ schema }) => schema?.allOf?.map((part) => part.properties?.code?.enum).find(Boolean);

/** New codes may come within a status, and clients treat them by it; one that is gone is waited for in vain. */
const compareCodes = (where, old, fresh, report) => {
  for (const code of old) if (!fresh.includes(code)) report(where, `the problem ${code} is gone`);
};
