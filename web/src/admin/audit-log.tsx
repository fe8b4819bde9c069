import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { isMessage, t } from '../i18n';
import { moment } from '../i18n/times';
import { Link, query } from '../router';
import { eventsPage, type EventSearch } from '../service/admin';
import type { AuditAction, AuditEvent } from '../service/types';
import { Field, Select } from '../ui/field';
import { Title } from '../views/auth-card';
import { PagedList } from './paged-list';
import { usePages } from './use-pages';

/** The compiler holds the list against the document. */
const ACTIONS = Object.keys({
  'user.created': 0, 'user.deleted': 0, 'user.roles_changed': 0, 'user.disabled': 0, 'user.enabled': 0,
  'login.failed': 0, 'session.started': 0, 'session.ended': 0, 'sessions.ended': 0, 'refresh_token.reused': 0, 'token.issued': 0,
  'password.changed': 0, 'email.change_requested': 0, 'email.changed': 0, 'avatar.changed': 0, 'default_picture.changed': 0,
  'api_key.created': 0, 'api_key.rotated': 0, 'api_key.revoked': 0,
  'webhook.created': 0, 'webhook.changed': 0, 'webhook.deleted': 0, 'signing_key.rotated': 0, 'signing_key.withdrawn': 0,
} satisfies Record<AuditAction, 0>) as AuditAction[];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const actionInWords = (action: string): string => {
  const key = `audit.${action}`;
  return isMessage(key) ? t(key) : action;
};

const Person = ({ id }: { readonly id: string | null }): JSX.Element => (id === null ? <>–</> : <Link to={`/admin/users/${id}`}>{id.slice(-12)}</Link>);

const detailsInWords = (details: Readonly<Record<string, unknown>>): string =>
  Object.entries(details)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');

const EventRow = ({ event }: { readonly event: AuditEvent }): JSX.Element => (
  <li class="row">
    <div class="row-main">
      <p class="row-title">{actionInWords(event.action)}</p>
      <dl class="facts">
        <dt>{t('audit.when')}</dt>
        <dd>
          <time dateTime={event.createdAt}>{moment(event.createdAt)}</time>
        </dd>
        <dt>{t('audit.who')}</dt>
        <dd>
          {t(`actor.${event.actorKind}`)} {event.actorId !== null && <Person id={event.actorId} />}
          {event.ipAddress !== null && ` · ${event.ipAddress}`}
        </dd>
        <dt>{t('audit.whom')}</dt>
        <dd>
          <Person id={event.subjectId} />
        </dd>
        {Object.keys(event.details).length > 0 && (
          <>
            <dt>{t('audit.details')}</dt>
            <dd class="details">{detailsInWords(event.details)}</dd>
          </>
        )}
      </dl>
    </div>
  </li>
);

export const AuditLog = (): JSX.Element => {
  const [search, setSearch] = useState<EventSearch>({ action: '', userId: query.value.get('userId') ?? '' });
  // Half an id is none, and would be refused.
  const asked = { ...search, userId: UUID.test(search.userId.trim()) ? search.userId.trim() : '' };
  const pages = usePages((cursor) => eventsPage(asked, cursor), JSON.stringify(asked));
  const change = (changes: Partial<EventSearch>): void => setSearch((before) => ({ ...before, ...changes }));
  return (
    <>
      <Title text={t('nav.audit')} />
      <section class="card">
        <search class="filters">
          <Select
            name="action"
            label={t('audit.action')}
            value={search.action}
            onValue={(action) => change({ action: action as EventSearch['action'] })}
            options={[['', t('users.any')], ...ACTIONS.map((action) => [action, actionInWords(action)] as const)]}
          />
          <Field name="userId" label={t('audit.userId')} value={search.userId} onValue={(userId) => change({ userId })} autocomplete="off" spellcheck={false} />
        </search>
        <PagedList pages={pages} empty={t('audit.none')}>
          {(event) => <EventRow key={event.id} event={event} />}
        </PagedList>
      </section>
    </>
  );
};
