import { expect, it } from '@jest/globals';
import '../../src/app/index.js';
import { PROBLEM_GUIDE } from '../../src/app/openapi/problem-guide.js';
import { declaredProblems } from '../../src/kernel/http/index.js';

it('says of every problem code what a client does about it, and of no other', () => {
  expect(Object.keys(PROBLEM_GUIDE).sort()).toEqual(declaredProblems().map(([code]) => code));
});
