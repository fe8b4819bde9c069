import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { Link, takeToken } from '../router';
import { verifyEmail } from '../service/account';
import { Problem } from '../service/problem';
import { revalidate, standing } from '../state/account';
import { Alert, Failure } from '../ui/alert';
import { Button } from '../ui/button';
import { useAction } from '../ui/use-action';
import { AuthCard } from './auth-card';

/** Where a mailed link leads. Nothing is proved before the button is pressed: programs that look into mail open links, and run their scripts. */
export const VerifyEmail = (): JSX.Element => {
  const [token] = useState(takeToken);
  const [isDone, setDone] = useState(false);
  const { run, isBusy, failure } = useAction(async () => {
    await verifyEmail(token!);
    setDone(true);
    await revalidate();
  });
  const isInvalid = token === null || (failure instanceof Problem && failure.code === 'auth.verification_token_invalid');
  return (
    <AuthCard title={t('verify.title')} lead={!isDone && !isInvalid && t('verify.lead')} foot={<Link to="/">{t(standing.value === 'signed-in' ? 'verify.toAccount' : 'signIn.action')}</Link>}>
      {isDone && <Alert kind="success">{t('verify.done')}</Alert>}
      {isInvalid && <Alert kind="danger">{t('problem.auth.verification_token_invalid')}</Alert>}
      {!isInvalid && <Failure failure={failure} />}
      {!isDone && !isInvalid && (
        <Button kind="primary" isBusy={isBusy} onClick={() => void run()}>
          {t('verify.action')}
        </Button>
      )}
    </AuthCard>
  );
};
