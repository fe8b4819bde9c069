import { AppError } from '../../kernel/errors/index.js';

/** What was found of one thing, and what to do where it is not well. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failure';
  readonly message: string;
  readonly advice?: string;
}

const LIMIT_MS = 15_000;

export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message });
export const warning = (check: string, message: string, advice: string): Finding => ({ check, status: 'warning', message, advice });
export const failure = (check: string, message: string, advice: string): Finding => ({ check, status: 'failure', message, advice });

/** The findings of `look`; that it failed, or did not come back, is one too. */
export async function examined(check: string, advice: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  try {
    return await Promise.race([look(), limit]);
  } catch (error) {
    return [failure(check, reasonOf(error), advice)];
  } finally {
    clearTimeout(timer);
  }
}

/** What an answer to a client would not say; drivers put addresses in messages, and those help an operator. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AppError && error.cause !== undefined) return reasonOf(error.cause);
  const { code } = error as NodeJS.ErrnoException;
  return error.message || code || error.name;
}

const MAX_SKEW_MS = 2_000;

/** How far a store's clock is from ours, half of the way to it and back taken off. */
export function clockFinding(store: string, askedAtMs: number, storeMs: number, answeredAtMs: number): Finding {
  const differenceMs = Math.round(storeMs - (askedAtMs + answeredAtMs) / 2);
  const check = `clock of ${store}`;
  const message = `${differenceMs} ms from that of this machine`;
  if (Math.abs(differenceMs) <= MAX_SKEW_MS) return ok(check, message);
  return warning(check, message, 'Tokens follow the clock of the store alone, but logs, signed links and whoever verifies tokens by themselves do not: run NTP everywhere.');
}
