// Hands the numbers of a jest run to scripts/test.mjs, file by file: it prints their sum as its last line.
// TEST_SLOWEST_FILE names a file that the slowest test files are written to, for test/kit/slowest-first.sequencer.mjs.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

const SLOWEST_KEPT = 60;

const countsOf = ({ numPassingTests, numFailingTests, numPendingTests, numTodoTests, testExecError }) => ({
  passed: numPassingTests,
  // A suite that could not be loaded has no tests; it failed all the same.
  failed: numFailingTests + (testExecError ? 1 : 0),
  skipped: numPendingTests + numTodoTests,
});

const slowestOf = (testResults) =>
  [...testResults]
    .sort((a, b) => b.perfStats.runtime - a.perfStats.runtime)
    .slice(0, SLOWEST_KEPT)
    .map(({ testFilePath }) => relative(process.cwd(), testFilePath));

export default class CountsReporter {
  onRunComplete(_contexts, { testResults }) {
    const { TEST_COUNTS_FILE, TEST_SLOWEST_FILE } = process.env;
    const files = Object.fromEntries(testResults.map((result) => [result.testFilePath, countsOf(result)]));
    if (TEST_COUNTS_FILE) writeFileSync(TEST_COUNTS_FILE, JSON.stringify(files));
    if (TEST_SLOWEST_FILE) writeFileSync(TEST_SLOWEST_FILE, `${JSON.stringify(slowestOf(testResults), null, 2)}\n`);
  }
}
