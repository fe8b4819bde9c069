import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { ago, moment } from '../i18n/times';
import { endDevice, endOtherDevices, myDevices } from '../service/devices';
import type { SessionEntry } from '../service/types';
import { Button } from '../ui/button';
import { Badge } from '../ui/card';
import { EndsAt, now, useNow } from '../ui/countdown';
import { Confirm } from '../ui/dialog';
import { Loading } from '../ui/loading';
import { nameOf } from '../ui/device';
import { useLoaded } from '../ui/use-loaded';
import { Title } from './auth-card';

/** The earlier end: the absolute one, or that of not being used. */
const endOf = ({ expiresAt, idleExpiresAt }: SessionEntry): string => (Date.parse(idleExpiresAt) < Date.parse(expiresAt) ? idleExpiresAt : expiresAt);

interface DeviceProps {
  readonly device: SessionEntry;
  readonly onEnd: () => void;
}

export const Device = ({ device, onEnd }: DeviceProps): JSX.Element => {
  useNow();
  const end = endOf(device);
  return (
    <li class="row">
      <div class="row-main">
        <p class="row-title">
          {nameOf(device)} {device.current && <Badge kind="accent">{t('devices.this')}</Badge>} <Badge>{t(`platform.${device.platform}`)}</Badge>
        </p>
        <dl class="facts">
          <dt>{t('devices.since')}</dt>
          <dd>
            <time dateTime={device.createdAt}>{moment(device.createdAt)}</time>
            {device.ipAddress !== null && <> · {device.ipAddress}</>}
          </dd>
          <dt>{t('devices.seen')}</dt>
          <dd>{ago(device.lastSeenAt, now.value)}</dd>
          <dt>{t('devices.ends')}</dt>
          <dd>
            <EndsAt at={end} />
            {end !== device.expiresAt && <span class="muted"> {t('devices.unlessUsed')}</span>}
          </dd>
        </dl>
      </div>
      <Button onClick={onEnd} aria-label={t('devices.endThis', { name: nameOf(device) })}>
        {t('devices.end')}
      </Button>
    </li>
  );
};

export const Devices = (): JSX.Element => {
  const devices = useLoaded(myDevices);
  const [ending, setEnding] = useState<SessionEntry | 'others' | null>(null);
  const end = async (): Promise<void> => {
    if (ending === 'others') await endOtherDevices();
    else if (ending) await endDevice(ending.id);
    await devices.reload();
  };
  const hasOthers = devices.value?.some(({ current }) => !current) ?? false;
  return (
    <>
      <Title text={t('nav.devices')} />
      <section class="card">
        <p class="lead">{t('devices.lead')}</p>
        <Loading what={devices} rows={3}>
          {(found) => (
            <ul class="rows">
              {found.map((device) => (
                <Device key={device.id} device={device} onEnd={() => setEnding(device)} />
              ))}
            </ul>
          )}
        </Loading>
        {devices.value && (
          <div class="actions">
            <Button kind="danger" disabled={!hasOthers} onClick={() => setEnding('others')}>
              {t('devices.endOthers')}
            </Button>
          </div>
        )}
      </section>
      {ending !== null && (
        <Confirm
          title={t(ending === 'others' ? 'devices.endOthers' : 'devices.endOne')}
          text={ending === 'others' ? t('devices.endOthersText') : ending.current ? t('devices.endCurrentText') : t('devices.endOneText', { name: nameOf(ending) })}
          action={t('devices.end')}
          onConfirm={end}
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
};
