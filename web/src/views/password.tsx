import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { changePassword } from '../service/account';
import { isProblem } from '../service/problem';
import { settings } from '../settings';
import { me } from '../state/account';
import { Alert } from '../ui/alert';
import { Button } from '../ui/button';
import { Check, PasswordField } from '../ui/field';
import { Form } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { useAction } from '../ui/use-action';
import { useUnsaved } from '../unsaved';
import { Title } from './auth-card';

export const Password = (): JSX.Element => {
  const [current, setCurrent] = useState('');
  const [fresh, setFresh] = useState('');
  const [keepApiKeys, keep] = useState(false);
  const [isDone, setDone] = useState(false);
  const { run, isBusy, failure } = useAction(async () => {
    setDone(false);
    await changePassword(current, fresh, keepApiKeys);
    [setCurrent, setFresh].forEach((set) => set(''));
    setDone(true);
  });
  useUnsaved(current !== '' || fresh !== '');
  const wrong = isProblem(failure, 'auth.invalid_credentials') ? t('password.wrong') : fieldInWords(failure, 'currentPassword');
  return (
    <>
      <Title text={t('nav.password')} />
      <section class="card">
        <p class="lead">{t('password.lead')}</p>
        {isDone && <Alert kind="success">{t('password.changed')}</Alert>}
        <Form onSubmit={run} failure={wrong === null ? failure : null} fields={['newPassword']} label={t('nav.password')}>
          <input class="unseen" type="text" name="username" autocomplete="username" value={me().username} readOnly tabIndex={-1} aria-hidden="true" />
          <PasswordField name="currentPassword" label={t('password.current')} value={current} onValue={setCurrent} fault={wrong} autocomplete="current-password" required />
          <PasswordField
            name="newPassword"
            label={t('password.new')}
            value={fresh}
            onValue={setFresh}
            fault={fieldInWords(failure, 'newPassword')}
            hint={t('password.hint', { length: settings.passwordMinLength })}
            autocomplete="new-password"
            required
          />
          <Check name="keepApiKeys" label={t('password.keepKeys')} hint={t('password.keepKeysHint')} isChecked={keepApiKeys} onChange={keep} />
          <div class="actions">
            <Button kind="primary" type="submit" isBusy={isBusy}>
              {t('password.change')}
            </Button>
          </div>
        </Form>
      </section>
    </>
  );
};
