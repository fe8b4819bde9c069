import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { coverageOf, documentedAnswers } from '../../scripts/documented-answers.mjs';

const DOCUMENT = { paths: { '/pets': { get: { operationId: 'pets_list', responses: { 200: {}, 401: {} } }, post: { operationId: 'pets_create', responses: { 201: {} } } } } };
const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T;

describe('the answers that the tests have seen', () => {
  it('are counted by operation and status, whatever the problem code', () => {
    const lines = ['pets_list 200', 'pets_list 401 auth.token_missing', 'pets_list 401 auth.token_expired', 'another 200'];
    expect(coverageOf(DOCUMENT, lines, {})).toEqual({ total: 3, seen: 2, missing: ['pets_create 201'], stale: [] });
  });

  it('need not be all where a reason is given', () => {
    expect(coverageOf(DOCUMENT, [], { 'because': ['pets_list 200', 'pets_list 401'], 'and because': ['pets_create 201'] })).toMatchObject({ seen: 0, missing: [] });
  });

  it('give no reason for what is not documented', () => {
    expect(coverageOf(DOCUMENT, [], { because: ['pets_list 500'] }).stale).toEqual(['pets_list 500']);
    const documented = documentedAnswers(read('../../openapi.json'));
    const excused = Object.values(read<Record<string, string[]>>('./unseen-answers.json')).flat();
    expect(excused.filter((answer) => !documented.includes(answer))).toEqual([]);
  });
});
