import { StoreScript } from '../../../kernel/cache/index.js';

const load = (name: string): StoreScript => StoreScript.load(new URL(`./scripts/${name}.lua`, import.meta.url));

/** One script per operation; what each takes, answers and guarantees stands at its head. */
export const TOKEN_SCRIPTS = {
  issue: load('issue'),
  issueAdminToken: load('issue-admin-token'),
  adopt: load('adopt'),
  verify: load('verify'),
  sessionSecret: load('session-secret'),
  refresh: load('refresh'),
  rotate: load('rotate'),
  revokeToken: load('revoke-token'),
  endSession: load('end-session'),
  endAll: load('end-all'),
  endPlatform: load('end-platform'),
  list: load('list-sessions'),
  untold: load('untold'),
  told: load('told'),
} as const;
