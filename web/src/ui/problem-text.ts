import { isMessage, t } from '../i18n';
import { bytesInWords, megapixels } from '../i18n/times';
import { NoAnswer, Problem } from '../service/problem';
import { settings } from '../settings';

const VALUES = () => ({
  bytes: bytesInWords(settings.avatarMaxBytes),
  megapixels: megapixels(settings.avatarMaxPixels),
  length: settings.passwordMinLength,
});

const known = (key: string, values: Record<string, string | number> = {}): string | null => (isMessage(key) ? t(key, { ...VALUES(), ...values }) : null);

/** In the page's language by its code; what has none there, in the service's own words. */
export const inWords = (failure: unknown): string => {
  if (failure instanceof NoAnswer) return t(navigator.onLine ? 'failure.unreachable' : 'failure.offline');
  if (!(failure instanceof Problem)) return t('failure.unknown');
  if (failure.code === 'request.rate_limited') return rateLimited(failure);
  const words = known(`problem.${failure.code}`) ?? (failure.status >= 500 ? t('failure.service', { id: failure.instance }) : failure.detail);
  return words;
};

const rateLimited = ({ retryAfterSeconds }: Problem): string =>
  retryAfterSeconds === null ? t('problem.request.rate_limited') : t('problem.request.rate_limited_until', { seconds: retryAfterSeconds });

/** What is wrong with one field of a form, where the answer names it. */
export const fieldInWords = (failure: unknown, field: string): string | null => {
  if (!(failure instanceof Problem)) return null;
  const code = { email: 'user.email_taken', username: 'user.username_taken' }[field];
  if (code !== undefined && failure.code === code) return inWords(failure);
  const fault = failure.faults.find((candidate) => candidate.field === field);
  if (!fault) return null;
  return known(`fault.${fault.code}`) ?? known(`fault.${field}`) ?? fault.message;
};

/** Whether the fields of the form have said it all. */
export const isSaidByFields = (failure: unknown, fields: readonly string[]): boolean => fields.some((field) => fieldInWords(failure, field) !== null);
