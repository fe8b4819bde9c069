import { render } from 'preact';
import { App } from './app';
import { startLanguage } from './i18n';
import { onFarewell } from './service/client';
import { leave, standing, start, watchAccount } from './state/account';

onFarewell((reason) => {
  // Whoever signed out here has said so already.
  if (standing.value !== 'signed-out') leave(reason);
});
watchAccount();
void start();
await startLanguage();
render(<App />, document.getElementById('page')!);
