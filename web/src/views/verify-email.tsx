import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Link, takeToken } from '../router';
import { verifyEmail } from '../service/account';
import { Problem } from '../service/problem';
import { revalidate, standing } from '../state/account';
import { Alert, Failure } from '../ui/alert';
import { useAction } from '../ui/use-action';
import { AuthCard } from './auth-card';

/** Where a mailed link leads: the page opens it, so that a program which only looks at links uses up none. */
export const VerifyEmail = (): JSX.Element => {
  const [token] = useState(takeToken);
  const [isDone, setDone] = useState(false);
  const { run, failure } = useAction(async () => {
    await verifyEmail(token!);
    setDone(true);
    await revalidate();
  });
  useEffect(() => {
    if (token !== null) void run();
  }, [token, run]);
  const isInvalid = token === null || (failure instanceof Problem && failure.code === 'auth.verification_token_invalid');
  return (
    <AuthCard title={t('verify.title')} foot={<Link to="/">{t(standing.value === 'signed-in' ? 'verify.toAccount' : 'signIn.action')}</Link>}>
      {isDone && <Alert kind="success">{t('verify.done')}</Alert>}
      {isInvalid && <Alert kind="danger">{t('problem.auth.verification_token_invalid')}</Alert>}
      {!isInvalid && <Failure failure={failure} onRetry={() => void run()} />}
      {!isDone && !isInvalid && failure === null && <p role="status">{t('verify.underway')}</p>}
    </AuthCard>
  );
};
