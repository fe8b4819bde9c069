import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { duration, moment, SECOND_MS } from '../i18n/times';
import { serverNow } from '../service/server-clock';

/** The service's time, moved on while somebody looks. */
export const now = signal(serverNow());
let lookers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Keeps `now` going as long as the component is shown. */
export const useNow = (): void => {
  useEffect(() => {
    now.value = serverNow();
    if (lookers++ === 0) timer = setInterval(() => (now.value = serverNow()), SECOND_MS);
    return () => {
      if (--lookers === 0) clearInterval(timer);
    };
  }, []);
};

/** A moment, and how long it is until then; not read out each second. */
export const EndsAt = ({ at }: { readonly at: string }): JSX.Element => {
  useNow();
  const left = Date.parse(at) - now.value;
  return (
    <span class="ends">
      <time dateTime={at}>{moment(at)}</time>
      <span class="countdown"> · {left > 0 ? t('time.in', { duration: duration(left) }) : t('time.over')}</span>
    </span>
  );
};
