/* eslint-disable @typescript-eslint/no-explicit-any -- a document is bent wherever a test likes */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { breakingChanges } from '../../scripts/openapi/breaking-changes.mjs';
import { verdictOn } from '../../scripts/openapi/verdict.mjs';
import { smallDocument } from './small-document.js';

type Change = (document: any) => void;

const changed = (change: Change): any => {
  const document = smallDocument();
  change(document);
  return document;
};
const linesAfter = (change: Change): string[] => breakingChanges(smallDocument(), changed(change)).map(({ where, what }) => `${where}: ${what}`);

const list = (document: any): any => document.paths['/pets'].get;
const create = (document: any): any => document.paths['/pets'].post;
const remove = (document: any): any => document.paths['/pets/{id}'].delete;
const parameter = (document: any, name: string): any => list(document).parameters.find((given: any) => given.name === name);
const pet = (document: any): any => document.components.schemas.Pet;
const sent = (document: any): any => pet(document).properties;
const newPet = (document: any): any => document.components.schemas.NewPet;
const taken = (document: any): any => newPet(document).properties;

const [LIST, CREATE, REMOVE] = ['GET /pets', 'POST /pets', 'DELETE /pets/{id}'];
/** A pet is sent by two operations: what happens to it is said of both. */
const ofPets = (rest: string): string[] => [`${LIST} 200 body.items[]${rest}`, `${CREATE} 201 body${rest}`];

const BREAKS: readonly (readonly [string, Change, readonly string[]])[] = [
  ['a path that is gone', (d) => delete d.paths['/pets/{id}'], [`${REMOVE}: the operation is gone`]],
  ['an operation that is gone', (d) => delete d.paths['/pets'].post, [`${CREATE}: the operation is gone`]],
  ['an operation of another id', (d) => (remove(d).operationId = 'pets_delete'), [`${REMOVE}: the operationId changed from pets_remove to pets_delete: generated clients name their methods by it`]],

  ['a parameter that is no longer taken', (d) => list(d).parameters.pop(), [`${LIST} query sort: the parameter is no longer taken`]],
  ['a new parameter that is required', (d) => list(d).parameters.push({ name: 'q', in: 'query', required: true }), [`${LIST} query q: a new parameter is required`]],
  ['a new parameter of a whole path that is required', (d) => (d.paths['/pets'].parameters = [{ name: 'X-Tenant', in: 'header', required: true }]), [`${LIST} header x-tenant: a new parameter is required`, `${CREATE} header x-tenant: a new parameter is required`]],
  ['a parameter that has become required', (d) => (parameter(d, 'sort').required = true), [`${LIST} query sort: the parameter is required now`]],
  ['a parameter that is written otherwise', (d) => (parameter(d, 'sort').explode = false), [`${LIST} query sort: the parameter is written otherwise now`]],
  ['a parameter of another default', (d) => (parameter(d, 'limit').schema.default = 20), [`${LIST} query limit: left out, it means 20 now, and was 50`]],
  ['a parameter of a lower maximum', (d) => (parameter(d, 'limit').schema.maximum = 100), [`${LIST} query limit: maximum is 100, and was 200`]],
  ['a parameter of fewer values', (d) => (parameter(d, 'sort').schema.enum = ['name']), [`${LIST} query sort: "age" can no longer be sent`]],

  ['a body that has become required', (d) => (create(d).requestBody.required = true), [`${CREATE}: a body is required now`]],
  ['a new body that is required', (d) => (remove(d).requestBody = { required: true, content: {} }), [`${REMOVE}: a body is required now`]],
  ['a body that is no longer taken', (d) => delete create(d).requestBody, [`${CREATE}: a body is no longer taken`]],
  ['a type of body that is no longer taken', (d) => delete create(d).requestBody.content['text/plain'], [`${CREATE}: a body of type text/plain is no longer taken`]],
  ['a field that is no longer taken', (d) => delete taken(d).nick, [`${CREATE} body.nick: the field is no longer taken`]],
  ['a field that has become required', (d) => newPet(d).required.push('nick'), [`${CREATE} body.nick: the field is required now`]],
  ['other fields that are refused', (d) => (newPet(d).additionalProperties = false), [`${CREATE} body: other fields are refused now`]],
  ['a narrower type in a request', (d) => (taken(d).nick.type = 'string'), [`${CREATE} body.nick: the type changed from string or null to string`]],
  ['whole numbers where any were taken', (d) => (taken(d).age.type = 'integer'), [`${CREATE} body.age: the type changed from number to integer`]],
  ['an alternative that is no longer taken', (d) => taken(d).home.oneOf.pop(), [`${CREATE} body.home: the type changed from string or integer to string`, `${CREATE} body.home: oneOf has 1 alternatives, and had 2`]],
  ['a format where any was taken', (d) => (taken(d).born.format = 'date'), [`${CREATE} body.born: the format changed from any to date`]],
  ['another format in a list that is taken', (d) => (taken(d).tags.items.format = 'idn-email'), [`${CREATE} body.tags[]: the format changed from email to idn-email`]],
  ['fewer values in a request', (d) => (taken(d).kind.enum = ['cat', 'dog']), [`${CREATE} body.kind: "fish" can no longer be sent`]],
  ['certain values where any were taken', (d) => (taken(d).born.enum = ['today']), [`${CREATE} body.born: only "today" can be sent`]],
  ['a greater minimum length', (d) => (taken(d).name.minLength = 2), [`${CREATE} body.name: minLength is 2, and was 1`]],
  ['a smaller maximum length', (d) => (taken(d).name.maxLength = 32), [`${CREATE} body.name: maxLength is 32, and was 64`]],
  ['a maximum length where there was none', (d) => (taken(d).nick.maxLength = 32), [`${CREATE} body.nick: maxLength is 32, and was not bounded`]],
  ['a greater minimum below zero', (d) => (taken(d).age.minimum = 0), [`${CREATE} body.age: minimum is 0, and was -1`]],
  ['fewer items', (d) => (taken(d).tags.maxItems = 5), [`${CREATE} body.tags: maxItems is 5, and was 10`]],
  ['items that must be unique', (d) => (taken(d).tags.uniqueItems = true), [`${CREATE} body.tags: items must be unique now`]],
  ['a pattern where any text was taken', (d) => (taken(d).name.pattern = '^x'), [`${CREATE} body.name: the pattern changed to ^x`]],

  ['credentials that are asked for', (d) => (create(d).security = [{ bearer: [] }]), [`${CREATE}: credentials are asked for now`]],
  ['credentials that all operations ask for', (d) => (d.security = [{ bearer: [] }]), [`${REMOVE}: credentials are asked for now`]],
  ['another scope', (d) => (list(d).security[1] = { apiKey: ['pets:write'] }), [`${LIST}: {"apiKey":["pets:read"]} is no longer enough`]],
  ['a way in that is closed', (d) => list(d).security.pop(), [`${LIST}: {"apiKey":["pets:read"]} is no longer enough`]],
  ['credentials that are shown otherwise', (d) => (d.components.securitySchemes.apiKey = { type: 'apiKey', in: 'header', name: 'X-Key' }), ['security scheme apiKey: type changed from http to apiKey']],
  ['a security scheme that is gone', (d) => delete d.components.securitySchemes.apiKey, ['security scheme apiKey: the scheme is gone']],

  ['a status that is gone', (d) => delete list(d).responses[401], [`${LIST} 401: the status is gone`]],
  ['a success of a new status', (d) => (remove(d).responses[200] = { description: 'OK' }), [`${REMOVE} 200: clients do not know this status`]],
  ['a problem code that is gone', (d) => list(d).responses[401].content['application/problem+json'].schema.allOf[1].properties.code.enum.pop(), [`${LIST} 401: the problem auth.token_expired is gone`]],
  ['a header that is no longer sent', (d) => delete list(d).responses[200].headers.ETag, [`${LIST} 200 header ETag: the header is no longer sent`]],
  ['a header that may be missing', (d) => (list(d).responses[200].headers.ETag.required = false), [`${LIST} 200 header ETag: the header may be missing now`]],
  ['a body that is given as another type', (d) => (create(d).responses[201].content = { 'application/xml': {} }), [`${CREATE} 201: the body is no longer given as application/json`]],
  ['a field that is no longer sent', (d) => delete sent(d).nick, ofPets('.nick: the field is no longer sent')],
  ['a field that may be missing', (d) => pet(d).required.shift(), ofPets('.id: the field may be missing now')],
  ['a wider type in an answer', (d) => (sent(d).nick.type = ['string', 'null']), ofPets('.nick: the type changed from string to string or null')],
  ['any type where one was sent', (d) => delete sent(d).nick.type, ofPets('.nick: the type changed from string to any')],
  ['fractions where whole numbers were sent', (d) => (sent(d).age.type = 'number'), ofPets('.age: the type changed from integer to number')],
  ['an alternative of another type in an answer', (d) => (sent(d).home.anyOf[0].type = 'integer'), ['.home: the type changed from string or null to integer or null', '.home(0): the type changed from string to integer'].flatMap(ofPets).sort()],
  ['another type of unnamed fields in an answer', (d) => (sent(d).weights.additionalProperties.type = 'string'), ofPets('.weights.*: the type changed from number to string')],
  ['a format that is gone from an answer', (d) => delete sent(d).id.format, ofPets('.id: the format changed from uuid to any')],
  ['a new value in an answer', (d) => sent(d).kind.enum.push('fish'), ofPets('.kind: "fish" may come, which clients do not know')],
  ['any value where certain ones came', (d) => delete sent(d).kind.enum, ofPets('.kind: anything may come, where clients know certain values')],
  ['longer text in an answer', (d) => (sent(d).name.maxLength = 128), ofPets('.name: maxLength is 128, and was 64')],
  ['text of any length in an answer', (d) => delete sent(d).name.maxLength, ofPets('.name: maxLength is not bounded, and was 64')],
  ['empty text in an answer', (d) => (sent(d).name.minLength = 0), ofPets('.name: minLength is 0, and was 1')],
  ['negative numbers in an answer', (d) => delete sent(d).age.minimum, ofPets('.age: minimum is not bounded, and was 0')],
  ['another pattern in an answer', (d) => (sent(d).name.pattern = '^.'), ofPets('.name: the pattern changed to ^.')],
  ['items that may come twice', (d) => delete list(d).responses[200].content['application/json'].schema.properties.items.uniqueItems, [`${LIST} 200 body.items: items may come twice now`]],
];

const ALLOWED: readonly (readonly [string, Change])[] = [
  ['a new path', (d) => (d.paths['/toys'] = { get: { operationId: 'toys_list', responses: { 200: { description: 'OK' } } } })],
  ['a new operation', (d) => (d.paths['/pets'].put = { operationId: 'pets_replace', responses: { 200: { description: 'OK' } } })],
  ['a new optional parameter', (d) => list(d).parameters.push({ name: 'q', in: 'query', schema: { type: 'string' } })],
  ['a required parameter that need not be given any more', (d) => (remove(d).parameters[0].required = false)],
  ['wider bounds of a parameter', (d) => Object.assign(parameter(d, 'limit').schema, { minimum: 0, maximum: 500 })],
  ['more values of a parameter', (d) => parameter(d, 'sort').schema.enum.push('kind')],
  ['a new optional field in a request', (d) => (taken(d).colour = { type: 'string' })],
  ['a field that need not be sent any more', (d) => (newPet(d).required = [])],
  ['more values in a request', (d) => taken(d).kind.enum.push('bird')],
  ['a wider type in a request', (d) => (taken(d).born.type = ['string', 'null'])],
  ['longer text, more items and any format in a request', (d) => (Object.assign(taken(d).name, { minLength: 0, maxLength: 128 }), delete taken(d).tags.maxItems, delete taken(d).tags.items.format)],
  ['another alternative in a request', (d) => taken(d).home.oneOf.push({ type: 'boolean' })],
  ['another type of body that is taken', (d) => (create(d).requestBody.content['application/xml'] = {})],
  ['a new field in an answer', (d) => ((sent(d).colour = { type: 'string' }), pet(d).required.push('colour'))],
  ['a field that always comes now', (d) => pet(d).required.push('nick')],
  ['fewer values, a narrower type and closer bounds in an answer', (d) => (sent(d).kind.enum.pop(), (sent(d).home.anyOf = [{ type: 'string' }]), (sent(d).name.maxLength = 32), (sent(d).age.minimum = 1))],
  ['a format that is said of an answer', (d) => (sent(d).nick.format = 'hostname')],
  ['new values of what is marked as growing, in an answer', (d) => sent(d).mood.enum.push('sad')],
  ['an error of a new status', (d) => (list(d).responses[429] = { description: 'Too Many Requests' })],
  ['a new problem code', (d) => list(d).responses[401].content['application/problem+json'].schema.allOf[1].properties.code.enum.push('auth.token_odd')],
  ['a new header of an answer', (d) => (list(d).responses[200].headers.Vary = { schema: { type: 'string' } })],
  ['the name of a header in other letters', (d) => ((list(d).responses[200].headers.etag = list(d).responses[200].headers.ETag), delete list(d).responses[200].headers.ETag)],
  ['another way in', (d) => list(d).security.push({ cookie: [] })],
  ['a scheme that nobody used before', (d) => (d.components.securitySchemes.cookie = { type: 'apiKey' })],
  ['credentials that are not asked for any more', (d) => (list(d).security = [])],
  ['other summaries, descriptions and examples', (d) => (Object.assign(list(d), { summary: 'All pets', description: 'Of all owners.' }), (sent(d).name.example = 'Minka'), (list(d).responses[200].description = 'Pets'))],
  ['a schema that moved to another name', (d) => ((d.components.schemas.Animal = pet(d)), (create(d).responses[201].content['application/json'].schema = { allOf: [{ $ref: '#/components/schemas/Animal' }] }))],
];

describe('what breaks clients', () => {
  it.each(BREAKS)('finds %s', (_what, change, lines) => expect(linesAfter(change).sort()).toEqual([...lines].sort()));
  it.each(ALLOWED)('lets %s pass', (_what, change) => expect(linesAfter(change)).toEqual([]));

  it('finds nothing between the real document and itself, and finds what is done to it', () => {
    const read = (): any => JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
    const document = read();
    expect(breakingChanges(read(), document)).toEqual([]);
    document.components.schemas.LoginDto.required.push('deviceName');
    delete document.components.schemas.UserDto.properties.locale;
    const lines = breakingChanges(read(), document).map(({ where, what }) => `${where}: ${what}`);
    expect(lines).toContain('POST /v1/auth/login body.deviceName: the field is required now');
    expect(lines).toContain('GET /v1/users/me 200 body.locale: the field is no longer sent');
  });
});

describe('the verdict', () => {
  const broken = (version: string): any => changed((d) => (delete d.paths['/pets/{id}'], (d.info.version = version)));
  const released = (version: string): any => changed((d) => (d.info.version = version));
  const where = REMOVE;
  const what = 'the operation is gone';

  it.each([
    ['0.1.0', '0.1.1', false],
    ['0.1.0', '0.2.0', true],
    ['1.0.0', '1.1.0', false],
    ['1.0.0', '2.0.0', true],
  ])('of a break between %s and %s is %s', (before, after, isAllowed) => {
    const verdict = verdictOn(released(before), broken(after));
    expect(verdict.isAllowed).toBe(isAllowed);
    expect(verdict.lines).toContain(`- ${where}: ${what}`);
  });

  it('lets an accepted break pass, and no other', () => {
    expect(verdictOn(released('0.1.0'), broken('0.1.0'), [{ where, what, reason: 'nobody ever used it' }])).toEqual({ isAllowed: true, lines: [] });
    expect(verdictOn(released('0.1.0'), broken('0.1.0'), [{ where: LIST, what, reason: 'another' }]).isAllowed).toBe(false);
  });

  it('wants a reason for what is accepted', () => {
    expect(verdictOn(released('0.1.0'), released('0.1.0'), [{ where, what }])).toMatchObject({ isAllowed: false });
  });
});
