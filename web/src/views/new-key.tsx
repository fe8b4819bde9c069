import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { createKey } from '../service/keys';
import { serverNow } from '../service/server-clock';
import type { ApiKeyScope, NewApiKey } from '../service/types';
import { isAdmin } from '../state/account';
import { Alert } from '../ui/alert';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Check, Field, Select } from '../ui/field';
import { Form } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { useAction } from '../ui/use-action';
import { useUnsaved } from '../unsaved';

const SCOPES: readonly ApiKeyScope[] = ['users:read', 'users:write', 'avatars:write'];
const ADMIN_SCOPES: readonly ApiKeyScope[] = ['tokens:introspect', 'tokens:revoke'];
const LIFETIMES_DAYS = ['30', '90', '365', ''] as const;
const DAY_MS = 86_400_000;

const endAfter = (days: string): string | null => (days === '' ? null : new Date(serverNow() + Number(days) * DAY_MS).toISOString());

const useNewKey = (onMade: (key: NewApiKey) => void) => {
  const [name, setName] = useState('');
  const [days, setDays] = useState<string>('90');
  const [scopes, setScopes] = useState<readonly ApiKeyScope[]>(['users:read']);
  const toggle = (scope: ApiKeyScope, isWanted: boolean): void => setScopes((before) => (isWanted ? [...before, scope] : before.filter((other) => other !== scope)));
  const action = useAction(async () => onMade(await createKey({ name: name.trim(), scopes: [...scopes], expiresAt: endAfter(days) })));
  useUnsaved(name !== '');
  return { name, setName, days, setDays, scopes, toggle, ...action };
};

export const NewKeyDialog = ({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (key: NewApiKey) => void }): JSX.Element => {
  const { name, setName, days, setDays, scopes, toggle, run, isBusy, failure } = useNewKey(onMade);
  return (
    <Dialog title={t('keys.create')} onClose={onClose}>
      <Form onSubmit={run} failure={failure} fields={['name']}>
        <Field name="name" label={t('keys.name')} value={name} onValue={setName} hint={t('keys.nameHint')} fault={fieldInWords(failure, 'name')} maxLength={100} autocomplete="off" required />
        <fieldset>
          <legend>{t('keys.scopes')}</legend>
          {[...SCOPES, ...(isAdmin() ? ADMIN_SCOPES : [])].map((scope) => (
            <Check key={scope} name={scope} label={<code>{scope}</code>} hint={t(`scope.${scope}`)} isChecked={scopes.includes(scope)} onChange={(isWanted) => toggle(scope, isWanted)} />
          ))}
        </fieldset>
        <Select name="days" label={t('keys.lifetime')} value={days} onValue={setDays} options={LIFETIMES_DAYS.map((count) => [count, count === '' ? t('keys.noEnd') : t('keys.days', { count })])} />
        <div class="actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" isBusy={isBusy} disabled={scopes.length === 0}>
            {t('keys.create')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
};

/** The secret is in this answer and nowhere else. */
export const SecretDialog = ({ made, onClose }: { readonly made: NewApiKey; readonly onClose: () => void }): JSX.Element => {
  const [isCopied, setCopied] = useState(false);
  useUnsaved(!isCopied);
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    field.current?.select();
    // Where the clipboard is closed to pages, it is selected, and Ctrl-C does it.
    await navigator.clipboard?.writeText(made.secret).then(
      () => setCopied(true),
      () => undefined,
    );
  };
  return (
    <Dialog title={t('keys.madeTitle', { name: made.name })} onClose={onClose}>
      <Alert kind="warning">{t('keys.once')}</Alert>
      <div class="secret">
        <input ref={field} class="secret-text" readOnly value={made.secret} aria-label={t('keys.secret')} onFocus={(event) => event.currentTarget.select()} />
        <Button icon="copy" onClick={() => void copy()}>
          {t(isCopied ? 'action.copied' : 'action.copy')}
        </Button>
      </div>
      <div class="actions">
        <Button kind="primary" onClick={onClose}>
          {t('keys.kept')}
        </Button>
      </div>
    </Dialog>
  );
};
