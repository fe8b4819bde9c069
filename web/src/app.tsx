import type { ComponentType, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from './i18n';
import { goTo, view } from './router';
import { Shell } from './shell';
import { isAdmin, standing, start } from './state/account';
import { Alert } from './ui/alert';
import { Button } from './ui/button';
import { Retried } from './ui/retried';
import { Data } from './views/data';
import { Devices } from './views/devices';
import { ForgotPassword } from './views/forgot-password';
import { Keys } from './views/keys';
import { NotFound } from './views/not-found';
import { Password } from './views/password';
import { Picture } from './views/picture';
import { Profile } from './views/profile';
import { ResetPassword } from './views/reset-password';
import { SignIn } from './views/sign-in';
import { SignUp } from './views/sign-up';
import { VerifyEmail } from './views/verify-email';

type View = ComponentType;

const ANYBODY: Readonly<Record<string, View>> = { '/verify-email': VerifyEmail, '/reset-password': ResetPassword };
const STRANGERS: Readonly<Record<string, View>> = { '/sign-in': SignIn, '/sign-up': SignUp, '/forgot-password': ForgotPassword };
const OWN: Readonly<Record<string, View>> = { '/': Profile, '/picture': Picture, '/password': Password, '/devices': Devices, '/keys': Keys, '/data': Data };

const Admin = (): JSX.Element => <Retried what={() => import('./admin')}>{({ Admin: Loaded }) => <Loaded />}</Retried>;

const Starting = (): JSX.Element => (
  <div class="starting" role="status">
    <span class="unseen">{t('state.loading')}</span>
  </div>
);

const Unreachable = (): JSX.Element => (
  <section class="auth-card card">
    <h1>{t('unreachable.title')}</h1>
    <Alert kind="danger">{t(navigator.onLine ? 'failure.unreachable' : 'failure.offline')}</Alert>
    <Button kind="primary" onClick={() => void start()}>
      {t('action.retry')}
    </Button>
  </section>
);

const Forward = ({ to }: { readonly to: string }): null => {
  useEffect(() => goTo(to, { replace: true }), [to]);
  return null;
};

const Current = (): JSX.Element => {
  const Open = ANYBODY[view.value];
  if (Open) return <Open />;
  if (standing.value === 'starting') return <Starting />;
  if (standing.value === 'unreachable') return <Unreachable />;
  const Strange = STRANGERS[view.value];
  // Where somebody wanted to go stays in the address: signing in leads there.
  if (standing.value === 'signed-out') return Strange ? <Strange /> : <SignIn />;
  if (Strange) return <Forward to="/" />;
  const Own = OWN[view.value];
  if (Own) return <Own />;
  return view.value.startsWith('/admin/') && isAdmin() ? <Admin /> : <NotFound />;
};

export const App = (): JSX.Element => (
  <Shell isAlone={view.value in ANYBODY}>
    <Current key={view.value} />
  </Shell>
);
