/** The borders of the house (docs/architecture.md): imports point down, each room has one door, nothing goes in circles. */
const door = (room) => `^src/${room}/index\\.ts$`;
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.spec\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map(door)] },
});

const GROUND = ['kernel/addresses', 'kernel/config', 'kernel/errors', 'kernel/clock', 'kernel/crypto', 'kernel/fair-queue', 'kernel/shared-calls', 'kernel/sockets', 'kernel/worker-loop'];
const STORES = ['kernel/archive', 'kernel/cache', 'kernel/database', 'kernel/events', 'kernel/limits', 'kernel/mail', 'kernel/metrics', 'kernel/outbound', 'kernel/tracing'];
const EDGE = ['kernel/http', 'kernel/health', 'kernel/idempotency', 'kernel/audit'];

module.exports = {
  forbidden: [
    { name: 'no-cycles', comment: 'A cycle means that two files are one.', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', comment: 'Nothing imports it.', severity: 'error', from: { orphan: true, pathNot: ['\\.d\\.ts$', '\\.spec\\.ts$', '^src/(main|healthcheck|bundle/(main|cli))\\.ts$', '/migrations/', 'data-source\\.ts$', '^src/cli/'] }, to: {} },
    { name: 'no-dev-dependencies', comment: 'The image has no development packages.', severity: 'error', from: { path: '^src', pathNot: '\\.(spec|test-kit)\\.ts$' }, to: { dependencyTypes: ['npm-dev'], pathNot: ['/@types/'] } },
    only('crypto-below-all', 'kernel/crypto', [], 'Pure functions.'),
    only('addresses-below-all', 'kernel/addresses', [], 'Pure functions.'),
    only('fair-queue-below-all', 'kernel/fair-queue', [], 'Turns of whoever waits.'),
    only('shared-calls-below-all', 'kernel/shared-calls', [], 'Calls of whatever it is handed.'),
    only('worker-loop-below-all', 'kernel/worker-loop', [], 'Work of whatever it is handed.'),
    only('sockets-below-all', 'kernel/sockets', [], 'What both listeners need of a bare server.'),
    only('errors-below-all', 'kernel/errors', [], 'Values only.'),
    only('config-below-all', 'kernel/config', ['kernel/errors', 'kernel/crypto'], 'The ground.'),
    only('clock-below-all', 'kernel/clock', ['kernel/crypto'], 'The ground.'),
    only('cache-on-ground', 'kernel/cache', GROUND, 'Stores stand on the ground alone.'),
    only('database-on-ground', 'kernel/database', GROUND, 'Stores stand on the ground alone.'),
    only('events-on-ground', 'kernel/events', [...GROUND, 'kernel/cache', 'kernel/database'], 'The bus stands on the stores.'),
    only('archive-on-ground', 'kernel/archive', GROUND, 'Rows and bytes of whoever hands them over.'),
    only('limits-on-cache', 'kernel/limits', [...GROUND, 'kernel/cache', 'kernel/metrics'], 'Limits stand on the store, and are counted.'),
    only('metrics-on-ground', 'kernel/metrics', GROUND, 'Metrics need nobody.'),
    only('tracing-on-cache', 'kernel/tracing', ['kernel/addresses', 'kernel/config', 'kernel/cache', 'kernel/outbound'], 'Traces listen, know what scripts are called, and are sent away.'),
    { name: 'tracing-when-asked', comment: 'Without traces nothing of OpenTelemetry is loaded.', severity: 'error', from: { path: '^src/', pathNot: '^src/kernel/tracing/' }, to: { path: 'node_modules/@opentelemetry/' } },
    only('outbound-alone', 'kernel/outbound', [], 'Judges addresses, and nothing else.'),
    only('mail-on-ground', 'kernel/mail', [...GROUND, 'kernel/metrics'], 'Mail needs nobody, and is counted.'),
    only('http-on-stores', 'kernel/http', [...GROUND, ...STORES], 'The edge stands on the stores.'),
    only('health-on-stores', 'kernel/health', [...GROUND, ...STORES, 'kernel/http'], 'The edge stands on the stores.'),
    only('audit-on-http', 'kernel/audit', [...GROUND, 'kernel/archive', 'kernel/database', 'kernel/limits', 'kernel/metrics', 'kernel/http'], 'The edge stands on the stores.'),
    only('idempotency-on-http', 'kernel/idempotency', [...GROUND, 'kernel/database', 'kernel/limits', 'kernel/http'], 'The edge stands on the stores.'),
    only('users-on-kernel', 'modules/users', [...GROUND, ...STORES, ...EDGE], 'Users know neither auth nor avatars.'),
    only('auth-on-users', 'modules/auth', [...GROUND, ...STORES, ...EDGE, 'modules/users'], 'Auth and avatars are strangers.'),
    only('avatars-on-users', 'modules/avatars', [...GROUND, ...STORES, ...EDGE, 'modules/users'], 'Auth and avatars are strangers.'),
    only('webhooks-on-users', 'modules/webhooks', [...GROUND, ...STORES, ...EDGE, 'modules/users'], 'Webhooks hear of auth and avatars by events.'),
    only('export-on-modules', 'modules/export', [...GROUND, ...STORES, ...EDGE, 'modules/users', 'modules/auth', 'modules/avatars'], 'It brings together what each module keeps.'),
    only('account-page-on-http', 'modules/account-page', [...GROUND, 'kernel/http'], 'A client of the API like any other, served from here: it knows no other module.'),
    only('embedded-alone', 'embedded', ['kernel/config'], 'The launcher knows the configuration only.'),
    only('app-on-all', 'app', [...GROUND, ...STORES, ...EDGE, 'modules/users', 'modules/auth', 'modules/avatars', 'modules/webhooks', 'modules/export', 'modules/archive', 'modules/account-page'], 'The app goes through the doors.'),
    only('archive-on-modules', 'modules/archive', [...GROUND, ...STORES, ...EDGE, 'modules/users', 'modules/auth', 'modules/avatars', 'modules/webhooks'], 'It carries what each module says.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.check.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'], extensions: ['.ts', '.js', '.json'] },
    moduleSystems: ['es6'],
  },
};
