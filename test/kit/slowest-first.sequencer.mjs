import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Sequencer from '@jest/test-sequencer';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Made by `TEST_SLOWEST_FILE=test/slowest.json npm test`, the slowest first. */
const SLOWEST = JSON.parse(readFileSync(new URL('../slowest.json', import.meta.url), 'utf8'));

/** The slowest files first, so that no worker is left alone with one at the end; then the rest, the largest first. The same order on every machine. */
export default class SlowestFirst extends Sequencer {
  sort(tests) {
    const rank = new Map(SLOWEST.map((path, index) => [ROOT + path, index]));
    const rankOf = ({ path }) => rank.get(path) ?? SLOWEST.length;
    const size = new Map(tests.map(({ path }) => [path, statSync(path).size]));
    return [...tests].sort((a, b) => rankOf(a) - rankOf(b) || size.get(b.path) - size.get(a.path) || (a.path < b.path ? -1 : 1));
  }
}
