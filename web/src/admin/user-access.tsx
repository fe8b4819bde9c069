import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { forgotPassword } from '../service/account';
import { changeUser } from '../service/admin';
import { Alert, Failure } from '../ui/alert';
import { Button } from '../ui/button';
import { Card } from '../ui/card';
import { Confirm } from '../ui/dialog';
import { useAction } from '../ui/use-action';
import type { AboutUser } from './user-detail';

/** The mail goes to verified addresses of enabled accounts alone; the answer never says whether it went. */
const ResetByMail = ({ user }: Pick<AboutUser, 'user'>): JSX.Element => {
  const [isSent, setSent] = useState(false);
  const { run, isBusy, failure } = useAction(async () => {
    await forgotPassword(user.email);
    setSent(true);
  });
  const canBeMailed = user.emailVerified && !user.disabled;
  return (
    <>
      <p>{t(canBeMailed ? 'users.resetText' : 'users.resetCannot', { email: user.email })}</p>
      {isSent && <Alert kind="success">{t('users.resetSent', { email: user.email })}</Alert>}
      <Failure failure={failure} onRetry={() => void run()} />
      <div class="actions">
        <Button isBusy={isBusy} disabled={!canBeMailed} onClick={() => void run()}>
          {t('users.reset')}
        </Button>
      </div>
    </>
  );
};

export const UserAccess = ({ user, onChange }: AboutUser): JSX.Element => {
  const [isAsking, ask] = useState(false);
  const { run, isBusy, failure } = useAction(async () => onChange(await changeUser(user.id, { disabled: false })));
  return (
    <Card title={t('users.access')}>
      <ResetByMail user={user} />
      <hr />
      <p>{t(user.disabled ? 'users.disabledText' : 'users.enabledText')}</p>
      <Failure failure={failure} />
      <div class="actions">
        {user.disabled ? (
          <Button kind="primary" isBusy={isBusy} onClick={() => void run()}>
            {t('users.enable')}
          </Button>
        ) : (
          <Button kind="danger" onClick={() => ask(true)}>
            {t('users.disable')}
          </Button>
        )}
      </div>
      {isAsking && (
        <Confirm
          title={t('users.disable')}
          text={t('users.disableText', { name: user.username })}
          action={t('users.disable')}
          onConfirm={async () => onChange(await changeUser(user.id, { disabled: true }))}
          onClose={() => ask(false)}
        />
      )}
    </Card>
  );
};
