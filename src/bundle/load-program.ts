import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import type { Program } from './program.js';

const SOURCE = fileURLToPath(new URL('program.cjs', import.meta.url));
const COMPILED = fileURLToPath(new URL('program.compiled', import.meta.url));
/** The folder of the package: each bundled module knows where it would stand below it. */
const ROOT = new URL('../../', import.meta.url).href;

type Body = (exports: { program?: Program }, require: NodeJS.Require, root: string) => void;

/**
 * The bundle, not yet evaluated. What V8 made of it in an earlier process saves its parser and compiler half a second; of another version
 * or other flags of V8, it is refused by V8 itself, and the source is compiled (docs/decisions/0022).
 */
export const compileProgram = (compiled?: Buffer): Script =>
  // ASCII throughout (the build sees to that), so that a character takes a byte of memory, and decoding is a copy.
  new Script(readFileSync(SOURCE, 'latin1'), { filename: SOURCE, cachedData: compiled });

export function evaluateProgram(script: Script): Program {
  const exported: { program?: Program } = {};
  (script.runInThisContext() as Body)(exported, createRequire(import.meta.url), ROOT);
  return exported.program!;
}

/** The program as it was built and compiled. */
export const loadProgram = (): Program => evaluateProgram(compileProgram(compiledBytes()));

function compiledBytes(): Buffer | undefined {
  try {
    return readFileSync(COMPILED);
  } catch {
    return undefined;
  }
}
