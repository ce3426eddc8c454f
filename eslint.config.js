import tseslint from 'typescript-eslint';

const pureGlobals = [
  'Date',
  'performance',
  'process',
  'Buffer',
  'global',
  'globalThis',
  'console',
  'fetch',
  'crypto',
  'queueMicrotask',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'require',
].map((name) => ({ name, message: 'Pure rooms take time, randomness and the world through their context.' }));

const pureSyntax = [
  {
    selector: 'AwaitExpression',
    message: 'Handlers are synchronous: effects go through ctx, results come back as messages.',
  },
  {
    selector: 'FunctionDeclaration[async=true], FunctionExpression[async=true], ArrowFunctionExpression[async=true]',
    message: 'Handlers are synchronous.',
  },
  { selector: 'ForOfStatement[await=true]', message: 'Handlers are synchronous.' },
  {
    selector: 'NewExpression[callee.name="Promise"], MemberExpression[object.name="Promise"]',
    message: 'Handlers are synchronous.',
  },
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'Chance comes from ctx.random().',
  },
  { selector: 'MemberExpression[property.name="then"]', message: 'Handlers are synchronous.' },
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', '.data/**'] },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.js'],
    extends: [...tseslint.configs.strict],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/unified-signatures': 'off',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
    },
  },
  {
    // What an actor decides is a function of its state and one message: no time, chance, waiting or IO in these rooms.
    files: ['node-core/kernel/**/*.ts', 'node-core/domain/**/*.ts', 'node-core/actors/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...pureGlobals],
      'no-restricted-syntax': ['error', ...pureSyntax],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*', 'fs', 'net', 'http', 'https', 'child_process', 'worker_threads', 'crypto'],
              message: 'Pure rooms do no IO.',
            },
          ],
        },
      ],
    },
  },
  {
    // The production pump is the kernel's one door to the event loop; it waits and schedules for the actors.
    // Beside it stand the promises of ports and of outside callers.
    files: ['node-core/kernel/pump/production.ts', 'node-core/kernel/pump/promises.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts', 'electron/start.ts', 'electron/geth-genesis.ts', 'electron/browser-host/main.ts'],
    rules: { 'no-console': 'off' },
  },
);
