import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { goTo, Link, takeToken } from '../router';
import { resetPassword } from '../service/account';
import { isProblem } from '../service/problem';
import { settings } from '../settings';
import { leave } from '../state/account';
import { Alert } from '../ui/alert';
import { Button } from '../ui/button';
import { PasswordField } from '../ui/field';
import { Form } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { useAction } from '../ui/use-action';
import { useUnsaved } from '../unsaved';
import { AuthCard } from './auth-card';

/** Where a mailed link leads. */
export const ResetPassword = (): JSX.Element => {
  const [token] = useState(takeToken);
  const [password, setPassword] = useState('');
  const { run, isBusy, failure } = useAction(async () => {
    await resetPassword(token!, password);
    leave('password_reset');
    goTo('/sign-in', { replace: true });
  });
  useUnsaved(password !== '');
  const fault = fieldInWords(failure, 'newPassword');
  if (token === null || isProblem(failure, 'auth.reset_token_invalid')) {
    return (
      <AuthCard title={t('reset.title')} foot={<Link to="/sign-in">{t('forgot.back')}</Link>}>
        <Alert kind="danger">{t('problem.auth.reset_token_invalid')}</Alert>
        <p>
          <Link to="/forgot-password" class="button button-primary">
            {t('reset.anew')}
          </Link>
        </p>
      </AuthCard>
    );
  }
  return (
    <AuthCard title={t('reset.title')} lead={t('reset.lead')}>
      <Form onSubmit={run} failure={failure} fields={['newPassword']}>
        <PasswordField
          name="newPassword"
          label={t('password.new')}
          value={password}
          onValue={setPassword}
          fault={fault}
          hint={t('password.hint', { length: settings.passwordMinLength })}
          autocomplete="new-password"
          required
        />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t('reset.action')}
        </Button>
      </Form>
    </AuthCard>
  );
};
