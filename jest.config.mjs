import { workerCount } from './test/kit/worker-count.mjs';

/** Small tests stand beside the code (`*.spec.ts`); the ones that need real servers or the whole application stand in `test/`. */
export default {
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/kit/watched-fetch.setup.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@node-rs/argon2$': '<rootDir>/test/kit/cheap-argon2.mjs',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  coverageProvider: 'v8',
  testTimeout: 120_000,
  maxWorkers: workerCount(),
  testSequencer: '<rootDir>/test/kit/slowest-first.sequencer.mjs',
  // Every file loads the whole service anew, and what it leaves behind is collected slowly: a fresh worker is quicker than a full one.
  workerIdleMemoryLimit: '1GB',
};
