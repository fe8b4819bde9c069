import { declaredProblems } from '../../kernel/http/index.js';
import { PROBLEM_GUIDE } from './problem-guide.js';

const HEAD = `# Problems

Every error is \`application/problem+json\` (RFC 9457); clients branch on \`code\`. On \`/oauth/*\` errors have the form of RFC 6749 instead. Made from the code by
\`npm run openapi\`; which operation gives which stands in the [document](../openapi.json), served with a reference page at \`/docs\`.

| code | status | what happened | what to do |
|---|---|---|---|
`;

/** docs/problems.md: each problem code with its status, meaning and remedy. */
export const problemsPage = (): string =>
  HEAD + declaredProblems().map(([code, status]) => `| \`${code}\` | ${status} | ${PROBLEM_GUIDE[code]!.meaning} | ${PROBLEM_GUIDE[code]!.remedy} |\n`).join('');
