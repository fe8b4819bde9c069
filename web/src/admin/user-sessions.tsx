import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { ago, moment } from '../i18n/times';
import { endSessionsOf } from '../service/admin';
import type { Platform, SessionEntry } from '../service/types';
import { Button } from '../ui/button';
import { Card } from '../ui/card';
import { EndsAt, now, useNow } from '../ui/countdown';
import { nameOf } from '../ui/device';
import { Confirm } from '../ui/dialog';
import { Loading } from '../ui/loading';
import type { Loaded } from '../ui/use-loaded';

const byPlatform = (sessions: readonly SessionEntry[]): [Platform, SessionEntry[]][] => {
  const groups = new Map<Platform, SessionEntry[]>();
  for (const session of sessions) groups.set(session.platform, [...(groups.get(session.platform) ?? []), session]);
  return [...groups];
};

const Line = ({ session }: { readonly session: SessionEntry }): JSX.Element => {
  useNow();
  return (
    <li>
      <strong>{nameOf(session)}</strong>
      <span class="muted">
        {' '}
        · {t('devices.since')} {moment(session.createdAt)} · {t('devices.seen')} {ago(session.lastSeenAt, now.value)} · {t('devices.ends')} <EndsAt at={session.expiresAt} />
        {session.ipAddress !== null && ` · ${session.ipAddress}`}
      </span>
    </li>
  );
};

/** Where a user is signed in, by platform; each can be ended, and all at once. */
export const UserSessions = ({ userId, sessions }: { readonly userId: string; readonly sessions: Loaded<readonly SessionEntry[]> }): JSX.Element => {
  const [ending, setEnding] = useState<Platform | 'all' | null>(null);
  return (
    <Card title={t('users.sessions')}>
      <Loading what={sessions} rows={2}>
        {(found) =>
          found.length === 0 ? (
            <p class="empty">{t('users.noSessions')}</p>
          ) : (
            <ul class="rows">
              {byPlatform(found).map(([platform, group]) => (
                <li key={platform} class="row">
                  <div class="row-main">
                    <h3>{t(`platform.${platform}`)}</h3>
                    <ul class="lines">
                      {group.map((session) => (
                        <Line key={session.id} session={session} />
                      ))}
                    </ul>
                  </div>
                  <Button onClick={() => setEnding(platform)} aria-label={t('users.endPlatform', { platform: t(`platform.${platform}`) })}>
                    {t('devices.end')}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loading>
      <div class="actions">
        <Button kind="danger" disabled={!sessions.value?.length} onClick={() => setEnding('all')}>
          {t('users.endAll')}
        </Button>
      </div>
      {ending !== null && (
        <Confirm
          title={ending === 'all' ? t('users.endAll') : t('users.endPlatform', { platform: t(`platform.${ending}`) })}
          text={t('users.endText')}
          action={t('devices.end')}
          onConfirm={() => endSessionsOf(userId, ending === 'all' ? null : ending).then(sessions.reload)}
          onClose={() => setEnding(null)}
        />
      )}
    </Card>
  );
};
