import { t } from '../i18n';
import { deviceName } from '../service/device-name';
import type { SessionEntry } from '../service/types';

/** As it called itself; else what its User-Agent says. */
export const nameOf = ({ deviceName: given, userAgent }: SessionEntry): string => given ?? (userAgent === null ? t('devices.unknown') : deviceName(userAgent));
