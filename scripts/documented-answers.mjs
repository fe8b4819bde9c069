// Which of the documented answers, each a status of an operation, the tests of a whole run have seen.
import { readFileSync } from 'node:fs';

const DOCUMENT = new URL('../openapi.json', import.meta.url);
const ACCEPTED = new URL('../test/app/unseen-answers.json', import.meta.url);

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** `['users_getMe 200', …]`: what the document says can be answered. */
export const documentedAnswers = ({ paths }) =>
  Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`)));

/**
 * `seenLines`: those of `TEST_ANSWERS_FILE`, an operation, a status and perhaps a problem code each. `accepted`:
 * `{reason: [answers]}`, what no test sees, and why. `missing` is what neither a test saw nor a reason excuses, `stale` what is
 * excused and not documented.
 */
export const coverageOf = (document, seenLines, accepted) => {
  const documented = documentedAnswers(document);
  const seen = new Set(seenLines.map((line) => line.split(' ', 2).join(' ')));
  const excused = new Set(Object.values(accepted).flat());
  return {
    total: documented.length,
    seen: documented.filter((answer) => seen.has(answer)).length,
    missing: documented.filter((answer) => !seen.has(answer) && !excused.has(answer)),
    stale: [...excused].filter((answer) => !documented.includes(answer)),
  };
};

/** Prints how many of the documented answers were seen; false when one is missing that no reason excuses. */
export const reportCoverage = (answersFile) => {
  const { total, seen, missing, stale } = coverageOf(read(DOCUMENT), readFileSync(answersFile, 'utf8').trim().split('\n'), read(ACCEPTED));
  console.log(`${seen} of ${total} documented answers seen.`);
  if (missing.length > 0) console.error(`No test has seen these (or give a reason in test/app/unseen-answers.json):\n${missing.map((answer) => `- ${answer}`).join('\n')}`);
  if (stale.length > 0) console.error(`test/app/unseen-answers.json excuses what is not documented:\n${stale.map((answer) => `- ${answer}`).join('\n')}`);
  return missing.length === 0 && stale.length === 0;
};
