// Hands the numbers of a jest run to scripts/test.mjs, file by file: it prints their sum as its last line.
import { writeFileSync } from 'node:fs';

const countsOf = ({ numPassingTests, numFailingTests, numPendingTests, numTodoTests, testExecError, testResults }) => ({
  passed: numPassingTests,
  // A suite that could not be loaded has no tests; it failed all the same.
  failed: numFailingTests + (testExecError ? 1 : 0),
  skipped: numPendingTests + numTodoTests,
  red: testResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
});

export default class CountsReporter {
  onRunComplete(_contexts, { testResults }) {
    const files = Object.fromEntries(testResults.map((result) => [result.testFilePath, countsOf(result)]));
    if (process.env.TEST_COUNTS_FILE) writeFileSync(process.env.TEST_COUNTS_FILE, JSON.stringify(files));
  }
}
