import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { Link } from '../router';
import { forgotPassword } from '../service/account';
import { Alert } from '../ui/alert';
import { Button } from '../ui/button';
import { Field } from '../ui/field';
import { Form } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { useAction } from '../ui/use-action';
import { AuthCard } from './auth-card';

/** Says the same whether or not somebody has this address. */
export const ForgotPassword = (): JSX.Element => {
  const [email, setEmail] = useState('');
  const [sentTo, setSentTo] = useState<string | null>(null);
  const { run, isBusy, failure } = useAction(async () => {
    await forgotPassword(email);
    setSentTo(email);
  });
  return (
    <AuthCard title={t('forgot.title')} lead={t('forgot.lead')} foot={<Link to="/sign-in">{t('forgot.back')}</Link>}>
      {sentTo !== null && <Alert kind="success">{t('forgot.sent', { email: sentTo })}</Alert>}
      <Form onSubmit={run} failure={failure} fields={['email']}>
        <Field name="email" type="email" label={t('profile.email')} value={email} onValue={setEmail} fault={fieldInWords(failure, 'email')} autocomplete="email" required />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t(sentTo === null ? 'forgot.action' : 'forgot.again')}
        </Button>
      </Form>
    </AuthCard>
  );
};
