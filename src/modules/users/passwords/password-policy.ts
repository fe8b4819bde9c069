import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import type { FieldFault } from '../../../kernel/errors/index.js';
import { loadCommonPasswords } from './common-passwords.js';

const MAX_BYTES = 1024;
const MAX_MONOTONOUS_LENGTH = 32;
/** A name this short stands in too many good passwords by chance. */
const MIN_NAME_LENGTH = 3;

/** Whose password it is to be: his names are the first guesses. */
export interface PasswordOwner {
  readonly email: string;
  readonly username: string;
  readonly displayName: string | null;
}

/** NIST SP 800-63B-4 §3.1.1.2: length and a block-list, no rules of composition. */
@Injectable()
export class PasswordPolicy {
  private readonly common = loadCommonPasswords();

  constructor(@Inject(APP_CONFIG) private readonly config: AppConfig) {}

  /** What is wrong with it; empty when it may be used. */
  check(password: string, owner: PasswordOwner, field = 'password'): FieldFault[] {
    const fault = this.faultOf(password.normalize('NFC'), owner);
    return fault ? [{ field, ...fault }] : [];
  }

  private faultOf(password: string, owner: PasswordOwner): Omit<FieldFault, 'field'> | null {
    const min = this.config.passwordMinLength;
    if (/[\0\p{Cs}]/u.test(password)) return { code: 'password.invalid', message: 'Well-formed Unicode without NUL.' };
    if ([...password].length < min) return { code: 'password.too_short', message: `At least ${min} characters.` };
    if (Buffer.byteLength(password, 'utf8') > MAX_BYTES) return { code: 'password.too_long', message: `At most ${MAX_BYTES} bytes.` };
    const folded = password.toLowerCase();
    if (this.common.has(folded) || isMonotonous(folded)) return { code: 'password.too_common', message: 'This is one of the passwords that are guessed first.' };
    if (namesOf(owner).some((name) => isMadeOf(folded, name))) return { code: 'password.contains_name', message: 'Not your own name or address.' };
    return null;
  }
}

/**
 * `aaaaaaaaaa`, `0123456789`, `abababab`: nothing in it after the first few characters is new. Lists of guesses have those that
 * a hand types on a keyboard of Latin letters; a long one, or one of other letters, is not among what is tried first.
 */
function isMonotonous(password: string): boolean {
  if (password.length > MAX_MONOTONOUS_LENGTH || /[^\x20-\x7e]/.test(password)) return false;
  const points = [...password].map((character) => character.codePointAt(0)!);
  const isRun = (step: number): boolean => points.every((point, index) => index === 0 || point - points[index - 1]! === step);
  const repeats = (period: number): boolean => points.every((point, index) => index < period || point === points[index - period]);
  return isRun(1) || isRun(-1) || [1, 2, 3].some(repeats);
}

function namesOf({ email, username, displayName }: PasswordOwner): string[] {
  const address = email.normalize('NFC').toLowerCase();
  const words = (displayName ?? '').normalize('NFC').toLowerCase().split(/\s+/u);
  const names = [address, address.split('@')[0]!, username.toLowerCase(), words.join(''), words.join(' '), ...words];
  return names.filter((name) => [...name].length >= MIN_NAME_LENGTH);
}

/** The name itself, repeated, or with digits and signs around it. */
function isMadeOf(password: string, name: string): boolean {
  return password.replaceAll(name, '').replaceAll(/[^\p{L}]/gu, '') === '' && password.includes(name);
}
