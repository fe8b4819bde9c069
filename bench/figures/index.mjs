import { BESIDE } from './beside.mjs';
import { ALLOCATIONS, MEMORY } from './footprint.mjs';
import { READS } from './reads.mjs';
import { START } from './start.mjs';
import { TOKEN_MEMORY } from './token-memory.mjs';
import { TOKENS } from './tokens.mjs';
import { WORK } from './work.mjs';

/**
 * In the order in which they run. A contest has `open(world, options)`, which names its contestants, the yardstick first; what is no contest has
 * `run(world, options, say)`, which answers with numbers.
 */
export const FIGURES = [START, ...READS, ...TOKENS, ...WORK, BESIDE, MEMORY, ALLOCATIONS, TOKEN_MEMORY];
