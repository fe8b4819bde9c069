import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { changeMe, sendVerification } from '../service/account';
import { accountChanged, me, setAccount } from '../state/account';
import { Alert, Failure } from '../ui/alert';
import { Button } from '../ui/button';
import { Badge, Card } from '../ui/card';
import { Field, PasswordField } from '../ui/field';
import { Form } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { isProblem } from '../service/problem';
import { useAction } from '../ui/use-action';
import { useUnsaved } from '../unsaved';

const FIELDS = ['email', 'currentPassword'] as const;

/** Asks for the mail again. */
const SendAgain = (): JSX.Element => {
  const [isSent, setSent] = useState(false);
  const { run, isBusy, failure } = useAction(async () => {
    await sendVerification();
    setSent(true);
  });
  return (
    <>
      <Button isBusy={isBusy} onClick={() => void run()}>
        {t(isSent ? 'email.sentAgain' : 'email.sendAgain')}
      </Button>
      <Failure failure={failure} />
    </>
  );
};

const Standing = (): JSX.Element => {
  const { email, emailVerified, pendingEmail } = me();
  return (
    <>
      <p class="email-now">
        <strong>{email}</strong> <Badge kind={emailVerified ? 'good' : 'warn'}>{t(emailVerified ? 'email.verified' : 'email.unverified')}</Badge>
      </p>
      {pendingEmail !== null && (
        <Alert kind="info">
          <p>{t('email.pending', { email: pendingEmail })}</p>
          <SendAgain />
        </Alert>
      )}
      {pendingEmail === null && !emailVerified && (
        <Alert kind="info">
          <p>{t('email.toVerify', { email })}</p>
          <SendAgain />
        </Alert>
      )}
    </>
  );
};

const ChangeForm = ({ onDone }: { readonly onDone: () => void }): JSX.Element => {
  const [email, setEmail] = useState('');
  const [currentPassword, setPassword] = useState('');
  const { run, isBusy, failure } = useAction(async () => {
    setAccount(await changeMe({ email, currentPassword }, null));
    onDone();
    await accountChanged().catch(() => undefined);
  });
  useUnsaved(email !== '' || currentPassword !== '');
  const wrongPassword = isProblem(failure, 'auth.invalid_credentials') ? t('password.wrong') : fieldInWords(failure, 'currentPassword');
  return (
    <Form onSubmit={run} failure={wrongPassword === null ? failure : null} fields={FIELDS} label={t('email.change')}>
      <Field name="email" type="email" label={t('email.new')} value={email} onValue={setEmail} fault={fieldInWords(failure, 'email')} hint={t('email.newHint')} autocomplete="email" required />
      <PasswordField name="currentPassword" label={t('password.current')} value={currentPassword} onValue={setPassword} fault={wrongPassword} autocomplete="current-password" required />
      <div class="actions">
        <Button onClick={onDone}>{t('action.cancel')}</Button>
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t('email.change')}
        </Button>
      </div>
    </Form>
  );
};

export const EmailCard = (): JSX.Element => {
  const [isOpen, open] = useState(false);
  return (
    <Card title={t('profile.email')}>
      <Standing />
      {isOpen ? (
        <ChangeForm onDone={() => open(false)} />
      ) : (
        <div class="actions">
          <Button onClick={() => open(true)}>{t('email.change')}</Button>
        </div>
      )}
    </Card>
  );
};
