import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { goTo, Link } from '../router';
import { isProblem } from '../service/problem';
import { register } from '../service/signing-in';
import { settings } from '../settings';
import { enter } from '../state/account';
import { Alert } from '../ui/alert';
import { Button } from '../ui/button';
import { Field, PasswordField } from '../ui/field';
import { Form } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { useAction } from '../ui/use-action';
import { useUnsaved } from '../unsaved';
import { AuthCard } from './auth-card';

const FIELDS = ['email', 'username', 'displayName', 'password'] as const;
type Draft = Record<(typeof FIELDS)[number] | 'bootstrapToken', string>;

const useSigningUp = () => {
  const [draft, setDraft] = useState<Draft>({ email: '', username: '', displayName: '', password: '', bootstrapToken: '' });
  const action = useAction(async () => {
    const { displayName, bootstrapToken, ...rest } = draft;
    await register({ ...rest, displayName: displayName.trim() || null, ...(bootstrapToken && { bootstrapToken }) });
    await enter();
    goTo('/picture', { replace: true });
  });
  useUnsaved(Object.values(draft).some((typed) => typed !== ''));
  const bind = (name: keyof Draft) => ({ name, value: draft[name], onValue: (value: string) => setDraft((before) => ({ ...before, [name]: value })), fault: fieldInWords(action.failure, name) });
  return { bind, ...action };
};

export const SignUp = (): JSX.Element => {
  const { bind, run, isBusy, failure } = useSigningUp();
  const foot = (
    <p>
      {t('signUp.known')} <Link to="/sign-in">{t('signIn.action')}</Link>
    </p>
  );
  if (settings.registration === 'closed') {
    return (
      <AuthCard title={t('signUp.title')} foot={foot}>
        <Alert kind="info">{t('problem.auth.registration_closed')}</Alert>
      </AuthCard>
    );
  }
  return (
    <AuthCard title={t('signUp.title')} lead={t('signUp.lead')} foot={foot}>
      <Form onSubmit={run} failure={failure} fields={FIELDS}>
        <Field {...bind('email')} type="email" label={t('profile.email')} autocomplete="email" required />
        <Field {...bind('username')} label={t('profile.username')} hint={t('profile.usernameHint')} autocomplete="username" autocapitalize="off" spellcheck={false} required />
        <Field {...bind('displayName')} label={t('profile.displayName')} hint={t('profile.displayNameHint')} autocomplete="name" />
        <PasswordField {...bind('password')} label={t('password.label')} hint={t('password.hint', { length: settings.passwordMinLength })} autocomplete="new-password" required />
        <details class="more" open={isProblem(failure, 'auth.bootstrap_refused')}>
          <summary>{t('signUp.bootstrap')}</summary>
          <Field {...bind('bootstrapToken')} label={t('signUp.bootstrapToken')} hint={t('signUp.bootstrapHint')} autocomplete="off" spellcheck={false} />
        </details>
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t('signUp.action')}
        </Button>
      </Form>
    </AuthCard>
  );
};
