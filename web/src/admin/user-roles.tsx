import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { changeUser } from '../service/admin';
import { Card } from '../ui/card';
import { Check, Field } from '../ui/field';
import { SavedForm } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { useAction } from '../ui/use-action';
import { useUnsaved } from '../unsaved';
import type { AboutUser } from './user-detail';

const ADMIN = 'admin';

/** `admin` is the one role that means something here; others are for the products that read the token. */
export const UserRoles = ({ user, onChange }: AboutUser): JSX.Element => {
  const [isAdmin, setAdmin] = useState(user.roles.includes(ADMIN));
  const [others, setOthers] = useState(user.roles.filter((role) => role !== ADMIN).join(' '));
  const roles = [...new Set([...(isAdmin ? [ADMIN] : []), ...others.split(/[\s,]+/).filter(Boolean)])];
  useUnsaved([...roles].sort().join(' ') !== [...user.roles].sort().join(' '));
  const [isSaved, setSaved] = useState(false);
  const { run, isBusy, failure } = useAction(async () => {
    setSaved(false);
    onChange(await changeUser(user.id, { roles }));
    setSaved(true);
  });
  return (
    <Card title={t('users.roles')}>
      <SavedForm onSubmit={run} failure={failure} fields={['roles']} label={t('users.roles')} isSaved={isSaved} isBusy={isBusy}>
        <Check name="admin" label={t('users.admin')} hint={t('users.adminHint')} isChecked={isAdmin} onChange={setAdmin} />
        <Field name="roles" label={t('users.otherRoles')} hint={t('users.otherRolesHint')} fault={fieldInWords(failure, 'roles')} value={others} onValue={setOthers} autocomplete="off" spellcheck={false} autocapitalize="off" />
      </SavedForm>
    </Card>
  );
};
