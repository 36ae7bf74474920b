import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from './support/sources.js';

interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}

/** Files of a small tree, by path. Each `import` line of BAD breaks exactly the rules that stand beside it. */
const GOOD: Record<string, string> = {
  'src/contract/a.ts': `import 'class-validator'; export const a = 1;`,
  'src/contract/index.ts': `export { a } from './a.js';`,
  'src/core/errors/index.ts': `export { a as error } from '../../contract/a.js';`,
  'src/core/errors/inner.ts': `export const inner = 1;`,
  'src/core/config/index.ts': `export const config = 1;`,
  'src/core/database/index.ts': `export const database = 1;`,
  'src/core/database/generated/client.ts': `export const client = 1;`,
  'src/core/rpc/index.ts': `import 'node:net'; export const rpc = 1;`,
  'src/core/rpc/client.ts': `export const client = 1;`,
  'src/host/index.ts': `import { error } from '../core/errors/index.js'; export const host = error;`,
  'src/host/disk/disk.adapter.ts': `import 'node:fs'; import 'node:sqlite'; export const disk = 1;`,
  'src/image/index.ts': `import { host } from '../host/index.js'; export const image = host;`,
  'src/image/image.repository.ts': `import '@prisma/client'; export const row = 1;`,
  'src/capabilities/index.ts': `import { image } from '../image/index.js'; export const capability = image;`,
  'src/vm/index.ts': `import { capability } from '../capabilities/index.js'; export const vm = capability;`,
  'src/workspace/index.ts': `import { vm } from '../vm/index.js'; export const workspace = vm;`,
  'src/session/index.ts': `import { vm } from '../vm/index.js'; export const session = vm;`,
  'src/daemon/index.ts': `import { session } from '../session/index.js'; export const daemon = session;`,
  'src/web/index.ts': `import { client } from '../core/rpc/client.js'; export const web = client;`,
  'src/cli/index.ts': `import { config } from '../core/config/index.js'; import '../core/rpc/client.js'; export const cli = config;`,
  'src/x.spec.ts': `export const spec = 1;`,
};

const BAD: Record<string, [line: string, ...rules: string[]]> = {
  'src/contract/bad-layer.ts': [`import '../core/errors/index.js';`, 'layer-contract', 'contract-is-pure'],
  'src/contract/bad-library.ts': [`import 'rxjs';`, 'contract-is-pure'],
  'src/core/errors/bad-layer.ts': [`import '../../host/index.js';`, 'layer-core'],
  'src/core/config/bad-inner.ts': [`import '../errors/inner.js';`, 'core-index-only'],
  'src/host/bad-layer.ts': [`import '../image/index.js';`, 'layer-host'],
  'src/image/bad-layer.ts': [
    `import type { capability } from '../capabilities/index.js'; export type C = typeof capability;`,
    'layer-image',
  ],
  'src/image/bad-inner.ts': [`import '../host/disk/disk.adapter.js';`, 'index-only'],
  'src/capabilities/bad-layer.ts': [`import '../vm/index.js';`, 'layer-capabilities', 'no-circular'],
  'src/vm/bad-layer.ts': [`import '../workspace/index.js';`, 'layer-vm'],
  'src/workspace/bad-layer.ts': [`import '../session/index.js';`, 'layer-workspace'],
  'src/session/bad-layer.ts': [`import '../workspace/index.js';`, 'layer-session'],
  'src/daemon/bad-layer.ts': [`import '../cli/index.js';`, 'layer-daemon'],
  'src/cli/bad-layer.ts': [`import '../vm/index.js';`, 'layer-cli'],
  'src/cli/bad-core.ts': [`import '../core/database/index.js';`, 'clients-stay-light'],
  'src/web/bad-layer.ts': [`import '../daemon/index.js';`, 'layer-web'],
  'src/vm/bad-fs.ts': [`import 'node:fs/promises';`, 'effects-in-adapters'],
  'src/vm/bad-sqlite.ts': [`import 'node:sqlite';`, 'effects-in-adapters'],
  'src/vm/bad-process.ts': [`import 'child_process';`, 'effects-in-adapters'],
  'src/vm/bad-ssh.ts': [`import 'ssh2';`, 'effects-in-adapters'],
  'src/vm/bad-prisma.ts': [`import '@prisma/client';`, 'prisma-in-repositories'],
  'src/vm/bad-generated.ts': [
    `import '../core/database/generated/client.js';`,
    'prisma-in-repositories',
    'index-only',
  ],
  'src/vm/bad-spec.ts': [`import '../x.spec.js';`, 'no-tests-in-product'],
  'src/vm/bad-typo.ts': [`import './nothing-here.js';`, 'not-resolvable'],
  'src/core/errors/cycle-a.ts': [`import './cycle-b.js';`, 'no-circular'],
  'src/core/errors/cycle-b.ts': [`import './cycle-a.js';`],
};

const LIBRARIES = ['class-validator', 'rxjs', 'ssh2', '@prisma/client'];

describe('import rules', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banger-boundaries-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('accepts a tree that keeps them', async () => {
    await writeTree(directory, GOOD);
    expect(await violations(directory)).toEqual([]);
  });

  it('each fires on the import that breaks it, and on nothing else', async () => {
    // the one cycle through an index: capabilities/index must lead back to the bad file
    await writeTree(directory, {
      ...GOOD,
      ...Object.fromEntries(
        Object.entries(BAD).map(([path, [line]]) => [path, `${line} export const bad = 1;`]),
      ),
      'src/capabilities/index.ts': `import { image } from '../image/index.js'; import './bad-layer.js'; export const capability = image;`,
    });
    const expected = Object.entries(BAD).flatMap(([path, [, ...rules]]) =>
      rules.map((rule) => `${path}: ${rule}`),
    );
    const found = new Set((await violations(directory)).map(({ from, rule }) => `${from}: ${rule.name}`));
    found.delete('src/capabilities/index.ts: no-circular');
    expect([...found].toSorted()).toEqual(expected.toSorted());
  });
});

async function writeTree(directory: string, files: Record<string, string>): Promise<void> {
  const libraries = LIBRARIES.flatMap((name): [string, string][] => [
    [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' })],
    [`node_modules/${name}/index.js`, ''],
  ]);
  const tsconfig = JSON.stringify({
    compilerOptions: { module: 'nodenext', target: 'es2023' },
    include: ['src'],
  });
  for (const [path, text] of [...Object.entries(files), ...libraries, ['tsconfig.json', tsconfig] as const]) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

function violations(directory: string): Promise<Violation[]> {
  const program = join(REPOSITORY, 'node_modules/.bin/depcruise');
  const args = [program, '--config', join(REPOSITORY, '.dependency-cruiser.cjs'), '-T', 'json', 'src'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      // a non-zero status is the number of violations; without JSON it is a failure of the tool
      if (stdout === '') reject(new Error(`dependency-cruiser printed nothing: ${stderr}`, { cause: error }));
      else resolve((JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations);
    });
  });
}
