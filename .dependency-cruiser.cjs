/**
 * The import rules of the house (ARCHITECTURE.md), as data. `npm run boundaries` checks them over src,
 * and test/style/boundaries.spec.ts proves on a tree of bad imports that each rule fires.
 * Type-only imports count: a type imported upwards is a cycle of the design all the same.
 */
const LOWEST = ['contract', 'core'];
const ALLOWED = {
  contract: [],
  core: ['contract'],
  host: LOWEST,
  image: [...LOWEST, 'host'],
  capabilities: [...LOWEST, 'host', 'image'],
  vm: [...LOWEST, 'host', 'image', 'capabilities'],
  workspace: [...LOWEST, 'host', 'image', 'capabilities', 'vm'],
  session: [...LOWEST, 'host', 'image', 'capabilities', 'vm'],
  daemon: [...LOWEST, 'host', 'image', 'capabilities', 'vm', 'workspace', 'session'],
  cli: LOWEST,
  web: LOWEST,
};
const modules = Object.keys(ALLOWED);

const layers = modules.map((module) => {
  const forbidden = modules.filter((other) => other !== module && !ALLOWED[module].includes(other));
  return {
    name: `layer-${module}`,
    comment: `src/${module} may import ${ALLOWED[module].join(', ') || 'nothing of src'}.`,
    severity: 'error',
    from: { path: `^src/${module}/` },
    to: { path: `^src/(${forbidden.join('|')})/` },
  };
});

/** Node's effects, and libraries that have them; everything else asks a port. */
const EFFECTS =
  '^(node:)?(fs|fs/promises|child_process|net|tls|dgram|dns|dns/promises|http|http2|https|os|sqlite|worker_threads|cluster)$';
const GENERATED = '^src/core/database/generated/';
const SPEC = '\\.spec\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'Move what both need down, tell upwards by an event, or ask through a port that the lower one owns.',
      severity: 'error',
      from: { pathNot: GENERATED },
      to: { circular: true },
    },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: { pathNot: '^src/core/database/' },
      to: { couldNotResolve: true },
    },
    ...layers,
    {
      name: 'index-only',
      comment:
        'Another module is reached through its index.ts alone (contract: any file; core/rpc: also the entry of its client, which pulls in no framework).',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/([^/]+)/',
        pathNot: [
          '^src/$1/',
          '^src/contract/',
          '^src/[^/]+/index\\.ts$',
          '^src/core/([^/]+/index|[^/]+)\\.ts$',
          '^src/core/rpc/client\\.ts$',
        ],
      },
    },
    {
      name: 'core-index-only',
      comment: 'Within core, another folder is reached through its index.ts alone.',
      severity: 'error',
      from: { path: '^src/core/([^/]+)/' },
      to: {
        path: '^src/core/',
        pathNot: ['^src/core/$1/', '^src/core/([^/]+/index|[^/]+)\\.ts$', '^src/core/rpc/client\\.ts$'],
      },
    },
    {
      name: 'clients-stay-light',
      comment:
        'The command line starts in milliseconds: of core it may use the RPC client, config, errors, and what needs nothing.',
      severity: 'error',
      from: { path: '^src/(cli|web)/', pathNot: SPEC },
      to: {
        path: '^src/core/',
        pathNot: [
          '^src/core/rpc/client\\.ts$',
          '^src/core/(config|errors)/index\\.ts$',
          '^src/core/(side-by-side|text-bytes)\\.ts$',
        ],
      },
    },
    {
      name: 'effects-in-adapters',
      comment:
        'Files, processes, sockets and the operating system are touched in *.adapter.ts and src/core/rpc only.',
      severity: 'error',
      // start.cjs loads the bundle from V8's code cache, before there is anything to ask
      from: {
        path: '^src/',
        pathNot: ['\\.adapter\\.ts$', '^src/core/rpc/', '^src/(cli|daemon)/start\\.cjs$', SPEC],
      },
      to: { path: [EFFECTS, '(^|node_modules/)(ssh2|undici)(/|$)'] },
    },
    {
      name: 'prisma-in-repositories',
      comment: 'The Prisma client is used in src/core/database and in *.repository.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/core/database/', '\\.repository\\.ts$'] },
      to: { path: [GENERATED, '(^|node_modules/)@prisma/'] },
    },
    {
      name: 'contract-is-pure',
      comment: 'The contract is data: class-validator and class-transformer, nothing else.',
      severity: 'error',
      from: { path: '^src/contract/', pathNot: SPEC },
      to: { pathNot: ['^src/contract/', '(^|node_modules/)class-(validator|transformer)(/|$)'] },
    },
    {
      name: 'no-tests-in-product',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: ['^test/', SPEC] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    builtInModules: { add: ['sqlite', 'node:sqlite'] },
  },
};
