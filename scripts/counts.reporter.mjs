// Hands the numbers of a jest run to scripts/test.mjs, which prints them as its last line.
import { writeFileSync } from 'node:fs';

export default class CountsReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not be loaded has no tests; it failed all the same.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    if (process.env.TEST_COUNTS_FILE) writeFileSync(process.env.TEST_COUNTS_FILE, JSON.stringify({ passed: results.numPassedTests, failed, skipped }));
  }
}
