import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { goTo } from '../router';
import { deleteMe, exportMyData } from '../service/account';
import { isProblem } from '../service/problem';
import { leave, me } from '../state/account';
import { Failure } from '../ui/alert';
import { Button } from '../ui/button';
import { Card } from '../ui/card';
import { Dialog } from '../ui/dialog';
import { PasswordField } from '../ui/field';
import { Form } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { useAction } from '../ui/use-action';
import { Title } from './auth-card';

/** Hands a file to the person, as a link of its own would. */
const handOver = (content: string, name: string): void => {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};

const Export = (): JSX.Element => {
  const [isDone, setDone] = useState(false);
  const { run, isBusy, failure } = useAction(async () => {
    handOver(JSON.stringify(await exportMyData(), null, 2), `likeness-${me().username}.json`);
    setDone(true);
  });
  return (
    <Card title={t('export.title')} lead={t('export.lead')}>
      <Failure failure={failure} onRetry={() => void run()} />
      <div class="actions">
        <span class="saved" role="status">
          {isDone && t('export.done')}
        </span>
        <Button icon="data" isBusy={isBusy} onClick={() => void run()}>
          {t('export.action')}
        </Button>
      </div>
    </Card>
  );
};

const DeletionDialog = ({ onClose }: { readonly onClose: () => void }): JSX.Element => {
  const [password, setPassword] = useState('');
  const { run, isBusy, failure } = useAction(async () => {
    await deleteMe(password);
    leave('deleted');
    goTo('/sign-in', { replace: true });
  });
  const wrong = isProblem(failure, 'auth.invalid_credentials') ? t('password.wrong') : fieldInWords(failure, 'currentPassword');
  return (
    <Dialog title={t('deletion.title')} onClose={onClose}>
      <p>{t('deletion.sure', { username: me().username })}</p>
      <Form onSubmit={run} failure={wrong === null ? failure : null}>
        <PasswordField name="currentPassword" label={t('password.current')} value={password} onValue={setPassword} fault={wrong} autocomplete="current-password" required />
        <div class="actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="danger" type="submit" isBusy={isBusy}>
            {t('deletion.action')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
};

export const Data = (): JSX.Element => {
  const [isDeleting, setDeleting] = useState(false);
  return (
    <>
      <Title text={t('nav.data')} />
      <Export />
      <Card title={t('deletion.title')} kind="danger" lead={t('deletion.lead')}>
        <ul class="consequences">
          {(['deletion.sessions', 'deletion.picture', 'deletion.personal', 'deletion.forever'] as const).map((key) => (
            <li key={key}>{t(key)}</li>
          ))}
        </ul>
        <div class="actions">
          <Button kind="danger" onClick={() => setDeleting(true)}>
            {t('deletion.action')}
          </Button>
        </div>
      </Card>
      {isDeleting && <DeletionDialog onClose={() => setDeleting(false)} />}
    </>
  );
};
