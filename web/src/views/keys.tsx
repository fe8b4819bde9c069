import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { ago, moment } from '../i18n/times';
import { myKeys, revokeKey } from '../service/keys';
import type { ApiKey, NewApiKey } from '../service/types';
import { Button } from '../ui/button';
import { Badge } from '../ui/card';
import { EndsAt, now } from '../ui/countdown';
import { Confirm } from '../ui/dialog';
import { Loading } from '../ui/loading';
import { useLoaded } from '../ui/use-loaded';
import { Title } from './auth-card';
import { NewKeyDialog, SecretDialog } from './new-key';

const Key = ({ apiKey, onRevoke }: { readonly apiKey: ApiKey; readonly onRevoke: () => void }): JSX.Element => (
  <li class="row">
    <div class="row-main">
      <p class="row-title">
        {apiKey.name} <code>{apiKey.prefix}…</code>
      </p>
      <p class="badges">
        {apiKey.scopes.map((scope) => (
          <Badge key={scope}>{scope}</Badge>
        ))}
      </p>
      <dl class="facts">
        <dt>{t('keys.created')}</dt>
        <dd>{moment(apiKey.createdAt)}</dd>
        <dt>{t('keys.used')}</dt>
        <dd>{apiKey.lastUsedAt === null ? t('keys.never') : ago(apiKey.lastUsedAt, now.value)}</dd>
        <dt>{t('keys.ends')}</dt>
        <dd>{apiKey.expiresAt === null ? t('keys.noEnd') : <EndsAt at={apiKey.expiresAt} />}</dd>
      </dl>
    </div>
    <Button onClick={onRevoke} aria-label={t('keys.revokeThis', { name: apiKey.name })}>
      {t('keys.revoke')}
    </Button>
  </li>
);

export const Keys = (): JSX.Element => {
  const keys = useLoaded(myKeys);
  const [isCreating, create] = useState(false);
  const [made, setMade] = useState<NewApiKey | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  return (
    <>
      <Title text={t('nav.keys')} />
      <section class="card">
        <p class="lead">{t('keys.lead')}</p>
        <div class="actions">
          <Button kind="primary" icon="plus" onClick={() => create(true)}>
            {t('keys.create')}
          </Button>
        </div>
        <Loading what={keys} rows={2}>
          {(found) =>
            found.length === 0 ? (
              <p class="empty">{t('keys.none')}</p>
            ) : (
              <ul class="rows">
                {found.map((apiKey) => (
                  <Key key={apiKey.id} apiKey={apiKey} onRevoke={() => setRevoking(apiKey)} />
                ))}
              </ul>
            )
          }
        </Loading>
      </section>
      {isCreating && (
        <NewKeyDialog
          onClose={() => create(false)}
          onMade={(key) => {
            create(false);
            setMade(key);
            void keys.reload();
          }}
        />
      )}
      {made && <SecretDialog made={made} onClose={() => setMade(null)} />}
      {revoking && (
        <Confirm
          title={t('keys.revoke')}
          text={t('keys.revokeText', { name: revoking.name })}
          action={t('keys.revoke')}
          onConfirm={() => revokeKey(revoking.id).then(keys.reload)}
          onClose={() => setRevoking(null)}
        />
      )}
    </>
  );
};
