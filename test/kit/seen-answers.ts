import { appendFileSync } from 'node:fs';
import type { Exchange } from './api-contract.js';

const seen = new Set<string>();

/** Keeps, where `scripts/test.mjs` asks for it, which operation gave which status and problem code: a line each, the first time. */
export const noteAnswer = (operationId: string, { status, bytes, headers }: Exchange): void => {
  const file = process.env['TEST_ANSWERS_FILE'];
  if (file === undefined) return;
  const line = `${operationId} ${status} ${problemCodeOf(bytes, headers)}`.trimEnd();
  if (seen.has(line)) return;
  seen.add(line);
  appendFileSync(file, `${line}\n`);
};

const problemCodeOf = (bytes: Buffer | undefined, headers: Headers): string => {
  // HEAD has the type and no body.
  if (!bytes || bytes.length === 0 || !headers.get('content-type')?.startsWith('application/problem+json')) return '';
  return String((JSON.parse(bytes.toString('utf8')) as { code?: unknown }).code);
};
