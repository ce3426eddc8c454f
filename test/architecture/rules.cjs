/** The house's import rules, at error level and without exceptions. Source: node-core/README.md. */
const room = (path) => `^node-core/${path}/`;
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** Each room may import only rooms of lower levels and its own folder. */
const levels = [
  ['primitives'],
  ['kernel', 'domain'],
  ['protocol', 'ports', 'config'],
  ['adapters', 'actors', 'read-model'],
  ['composition'],
  ['devnet'],
];
const levelRules = levels.flatMap((rooms, level) =>
  rooms.map((name) => {
    const forbidden = levels
      .slice(level)
      .flat()
      .filter((other) => other !== name);
    // L2 rooms speak in each other's types: messages carry the ports' values.
    const allowed = level === 2 ? ['protocol', 'ports', 'config'] : [];
    const targets = forbidden.filter((other) => !allowed.includes(other));
    return forbid(
      `level-${name}`,
      `${name}/ (L${level}) imports lower levels and itself alone`,
      { path: room(name) },
      { path: [...targets.map(room), '^node-core/index\\.ts$', '^(electron|renderer|test)/'] },
    );
  }),
);

const siblings = (parent) =>
  forbid(
    `siblings-${parent}`,
    `folders of ${parent}/ are strangers`,
    { path: `^node-core/${parent}/([^/]+)/` },
    { path: `^node-core/${parent}/[^/]+/`, pathNot: `^node-core/${parent}/$1/` },
  );

module.exports = {
  forbidden: [
    forbid('no-cycles', 'imports never loop', {}, { circular: true }),
    forbid('no-unresolved', 'every import resolves', {}, { couldNotResolve: true, pathNot: '^(electron)$' }),
    ...levelRules,
    siblings('actors'),
    siblings('adapters'),
    forbid(
      'electron-enters-by-index',
      'electron/ enters node-core by its index',
      { path: '^electron/' },
      { path: '^node-core/', pathNot: '^node-core/index\\.ts$' },
    ),
    forbid(
      'renderer-sees-contract',
      'renderer/ sees electron/contract/ alone',
      { path: '^renderer/', pathNot: '^renderer/vite\\.config\\.ts$' },
      { path: '^(node-core|electron|test)/', pathNot: '^electron/contract/' },
    ),
    forbid(
      'renderer-without-node',
      'renderer/ uses no Node module',
      { path: '^renderer/', pathNot: '^renderer/vite\\.config\\.ts$' },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'electron-runtime',
      'only main/ and preload/ import electron',
      { path: '^(node-core|electron|renderer)/', pathNot: '^electron/(main|preload)/' },
      { path: '^electron$|^node_modules/electron/' },
    ),
    forbid(
      'product-without-tests',
      'the product imports no test',
      { path: '^(node-core|electron|renderer)/' },
      { path: '^test/' },
    ),
    forbid(
      'product-without-dev-dependencies',
      'node-core imports no development dependency',
      { path: '^node-core/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg'] },
    ),
    forbid(
      'pure-without-io',
      'pure rooms do no IO',
      { path: '^node-core/(kernel|domain|actors|protocol|primitives)/' },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'domain-devnet-apart',
      "the devnet's Bitcoin shares no signature or hashing code with the node",
      { path: '^node-core/devnet/bitcoin/' },
      { path: ['node_modules/bitcoinjs-lib', 'node_modules/tiny-secp256k1', '^node-core/(domain|adapters|actors)/'] },
    ),
    forbid(
      'node-devnet-apart',
      "the node doesn't use the devnet's Bitcoin libraries",
      { path: '^node-core/(domain|adapters|actors|composition)/' },
      { path: ['node_modules/@scure/'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'node-core/tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
};
