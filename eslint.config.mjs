import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';

/** `this.x ||= await y` reads `this.x` before it waits, and writes it afterwards: what another turn has written meanwhile is lost. */
const NO_ASSIGNMENT_ACROSS_AWAIT = {
  selector: "AssignmentExpression[operator!='='][left.type='MemberExpression']:has(> AwaitExpression.right)",
  message: 'Await first, then assign: this reads the member before it waits, and overwrites what was written meanwhile.',
};

export default defineConfig(
  globalIgnores(['dist/', 'clients/*/dist/', 'clients/generators/', '**/*.gen.ts', 'data/', 'coverage/', 'node_modules/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 6],
      'no-console': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-restricted-syntax': [
        'error',
        NO_ASSIGNMENT_ACROSS_AWAIT,
        { selector: 'TSEnumDeclaration', message: 'Use an `as const` union.' },
        { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'The environment is read once, by kernel/config.' },
      ],
      // A method of a port is asynchronous by its contract, whether this adapter waits or not.
      '@typescript-eslint/require-await': 'off',
      // Control characters are what several checks refuse.
      'no-control-regex': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
    },
  },
  {
    // The process itself, and what stands around it, may print and read the environment.
    files: ['src/main.ts', 'src/healthcheck.ts', 'src/bundle/**', 'src/cli/**', 'src/kernel/config/**', 'src/kernel/database/data-source.ts', 'test/**', 'bench/**', '**/*.spec.ts'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': ['error', NO_ASSIGNMENT_ACROSS_AWAIT], 'no-restricted-exports': 'off' },
  },
  {
    // Tests read as lists of sentences, and look into bodies that nothing types.
    files: ['test/**', '**/*.spec.ts', 'bench/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    // In a browser: its own project, and markup, which is long without being deep.
    files: ['web/**/*.ts', 'web/**/*.tsx'],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './web/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300 }],
      'no-restricted-syntax': ['error', NO_ASSIGNMENT_ACROSS_AWAIT],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  { files: ['src/kernel/database/migrations/**'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly', setInterval: 'readonly', clearInterval: 'readonly', Buffer: 'readonly', fetch: 'readonly', performance: 'readonly', AbortSignal: 'readonly' } },
    rules: { 'no-restricted-syntax': ['error', NO_ASSIGNMENT_ACROSS_AWAIT] },
  },
);
