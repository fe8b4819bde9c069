import { formatLocale, t } from './index';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A moment with its date and time of day. */
export const moment = (iso: string): string => new Intl.DateTimeFormat(formatLocale.value, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));

const unit = (value: number, name: 'day' | 'hour' | 'minute' | 'second'): string =>
  new Intl.NumberFormat(formatLocale.value, { style: 'unit', unit: name, unitDisplay: 'long' }).format(value);

/** The two largest units: `3 days 4 hours`. */
export const duration = (ms: number): string => {
  const left = Math.max(0, ms);
  const [days, hours, minutes, seconds] = [left / DAY_MS, (left % DAY_MS) / HOUR_MS, (left % HOUR_MS) / MINUTE_MS, (left % MINUTE_MS) / SECOND_MS].map(Math.floor) as [number, number, number, number];
  if (days > 0) return `${unit(days, 'day')} ${unit(hours, 'hour')}`;
  if (hours > 0) return `${unit(hours, 'hour')} ${unit(minutes, 'minute')}`;
  return minutes > 0 ? `${unit(minutes, 'minute')} ${unit(seconds, 'second')}` : unit(seconds, 'second');
};

/** How long ago, in words; less than a minute is now. */
export const ago = (iso: string, now: number): string => {
  const past = now - Date.parse(iso);
  const words = new Intl.RelativeTimeFormat(formatLocale.value, { numeric: 'auto' });
  if (past < MINUTE_MS) return t('time.now');
  if (past < HOUR_MS) return words.format(-Math.floor(past / MINUTE_MS), 'minute');
  if (past < DAY_MS) return words.format(-Math.floor(past / HOUR_MS), 'hour');
  return words.format(-Math.floor(past / DAY_MS), 'day');
};

export const bytesInWords = (bytes: number): string => `${new Intl.NumberFormat(formatLocale.value, { maximumFractionDigits: 1 }).format(bytes / 1_048_576)} MiB`;

export const megapixels = (pixels: number): string => new Intl.NumberFormat(formatLocale.value, { maximumFractionDigits: 1 }).format(pixels / 1_000_000);
