import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { isMessage, t } from '../i18n';
import { goTo, Link, view } from '../router';
import { signIn } from '../service/signing-in';
import { settings } from '../settings';
import { enter, farewell } from '../state/account';
import { Alert } from '../ui/alert';
import { Button } from '../ui/button';
import { Field, PasswordField } from '../ui/field';
import { Form } from '../ui/form';
import { useAction } from '../ui/use-action';
import { AuthCard } from './auth-card';

const GOOD_NEWS = ['signed_out', 'password_reset', 'auth.session_ended'];

/** Why nobody is signed in any more. */
const Farewell = (): JSX.Element | null => {
  const reason = farewell.value;
  const key = `farewell.${reason}`;
  if (reason === null || reason === 'auth.token_missing') return null;
  return <Alert kind={GOOD_NEWS.includes(reason) ? 'info' : 'warning'}>{t(isMessage(key) ? key : 'farewell.other')}</Alert>;
};

export const SignIn = (): JSX.Element => {
  const [identifier, setIdentifier] = useState('');
  const [password, setPassword] = useState('');
  const { run, isBusy, failure } = useAction(async () => {
    await signIn(identifier, password);
    await enter();
    if (view.value === '/sign-in') goTo('/', { replace: true });
  });
  return (
    <AuthCard title={t('signIn.title')} foot={settings.registration === 'open' && <p>{t('signIn.new')} <Link to="/sign-up">{t('signUp.action')}</Link></p>}>
      <Farewell />
      {!isSecureContext && <Alert kind="warning">{t('signIn.insecure')}</Alert>}
      <Form onSubmit={run} failure={failure}>
        <Field name="identifier" label={t('signIn.identifier')} value={identifier} onValue={setIdentifier} autocomplete="username" autocapitalize="off" spellcheck={false} required />
        <PasswordField name="password" label={t('password.label')} value={password} onValue={setPassword} autocomplete="current-password" required />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t('signIn.action')}
        </Button>
      </Form>
      <p class="auth-aside">
        <Link to="/forgot-password">{t('signIn.forgot')}</Link>
      </p>
    </AuthCard>
  );
};
