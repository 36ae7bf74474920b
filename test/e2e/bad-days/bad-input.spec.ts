import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';

/** Each row: what is asked, the exit status, what the message must say, and what the fix must say. */
type Refusal = readonly [args: readonly string[], exitCode: number, message: RegExp, fix: RegExp];

const COMMANDS: readonly Refusal[] = [
  [['frobnicate'], 2, /unknown command 'frobnicate'/, /banger --help/],
  [['vm', 'craete'], 2, /no command "vm craete"/, /banger vm create/],
  [['vm', 'create', '--what'], 2, /unknown option '--what'/, /banger vm create --help/],
  [['vm', 'show'], 2, /missing required argument/, /banger vm show --help/],
  [['vm', 'run', '.', 'npm', 'test'], 2, /too many arguments/, /after "--"/],
  [['vm', 'show', 'nobody'], 3, /no VM called "nobody"/, /banger vm list/],
  [['vm', 'delete', 'nobody'], 3, /no VM called "nobody"/, /banger vm list/],
  [['vm', 'create', '--name', 'Bad_Name'], 2, /1 to 63 of a-z/, /--name/],
  [['vm', 'create', '--name', 'a'.repeat(64)], 2, /1 to 63 of a-z/, /--name/],
  [['vm', 'create', '--cpus', '0'], 2, /0 CPUs[\s\S]*at least one/, /ask for 1/],
  [['vm', 'create', '--cpus', '10000'], 2, /10000 CPUs[\s\S]*this host has/, /ask for 1/],
  [['vm', 'create', '--cpus', 'many'], 2, /not a whole number/, /--cpus 2/],
  [['vm', 'create', '--memory', '63m'], 2, /63 MiB of memory/, /64 to \d+ MiB/],
  [['vm', 'create', '--memory', '900t'], 2, /this host has \d+ MiB/, /64 to \d+ MiB/],
  [['vm', 'create', '--memory', 'lots'], 2, /not a size/, /512m, 2g/],
  [['vm', 'create', '--disk', '1g'], 2, /the image's own disk/, /leave the size out/],
  [['vm', 'create', '--image', 'windows'], 3, /no image "windows"/, /banger image build/],
  [['vm', 'create', '--env', '1A=x'], 2, /does not name a variable/, /NAME=VALUE/],
  [['vm', 'create', '--env', 'BANGER_TEST_NOT_SET'], 2, /no such variable/, /BANGER_TEST_NOT_SET=VALUE/],
  [['vm', 'run', '--name', 'Bad_Name', '--', 'true'], 2, /1 to 63 of a-z/, /--name/],
  [['vm', 'run', '--cpus', '0', '--', 'true'], 125, /0 CPUs/, /ask for 1/],
  [['vm', 'run', '--what', '--', 'true'], 2, /unknown option '--what'/, /banger vm run --help/],
  [['vm', 'run', '--env', '1A=x', '--', 'true'], 2, /does not name a variable/, /NAME=VALUE/],
  [['vm', 'run', '--image', 'windows', '--', 'true'], 125, /no image "windows"/, /banger image build/],
  [['vm', 'exec', 'nobody', '--', 'true'], 125, /no VM called "nobody"/, /banger vm list/],
  [['image', 'show', 'windows'], 3, /no image "windows"/, /banger image build/],
  [['operation', 'show', 'op_none'], 3, /no operation "op_none"/, /banger operation list/],
];

const PATHS: readonly Refusal[] = [
  [['vm', 'run', 'plain', '--', 'true'], 125, /plain is not inside a git repository/, /leave PATH out/],
  [['vm', 'create', 'plain'], 2, /plain is not inside a git repository/, /leave PATH out/],
  [['vm', 'create', 'missing'], 2, /missing cannot be imported[\s\S]*does not exist/, /fix: /],
  [['vm', 'create', 'file'], 2, /file cannot be imported[\s\S]*not a directory/, /fix: /],
  [['vm', 'create', 'bare.git'], 2, /bare repository/, /git clone/],
  [['vm', 'create', ''], 2, /PATH is empty/, /leave PATH out/],
];

describe('bad input', () => {
  let host: TestHost;
  let parent: string;
  beforeAll(async () => {
    host = await TestHost.create();
    parent = mkdtempSync(join(tmpdir(), 'bgr-input-'));
    mkdirSync(join(parent, 'plain'));
    writeFileSync(join(parent, 'file'), '');
    git('init', '--quiet', '--bare', 'bare.git');
    await host.json(['vm', 'list']);
  });
  afterEach(() => host.assertClean());
  afterAll(async () => {
    rmSync(parent, { recursive: true, force: true });
    await host.close();
  });

  function git(...args: string[]): void {
    execFileSync('git', args, { cwd: parent, stdio: 'pipe' });
  }

  async function expectRefused([args, exitCode, message, fix]: Refusal): Promise<void> {
    const result = await host.banger(args, { cwd: parent });
    expect(result, args.join(' ')).toMatchObject({
      exitCode,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
    expect(result.stderr, args.join(' ')).toMatch(
      new RegExp(`^  fix: .*${fix.source.replace(/^fix: /, '')}`, 'm'),
    );
    expect(result.stderr, 'no stack, no internals').not.toMatch(/^\s+at |INTERNAL|\[object/m);
  }

  it.each(COMMANDS.map((refusal) => [refusal[0].join(' '), refusal] as const))('banger %s', (_, refusal) =>
    expectRefused(refusal),
  );

  it.each(PATHS.map((refusal) => [refusal[0].join(' '), refusal] as const))('PATH: banger %s', (_, refusal) =>
    expectRefused(refusal),
  );

  it('says the same with --json, as one object on stdout', async () => {
    const result = await host.banger(['vm', 'show', 'nobody', '--json']);
    expect(result.exitCode).toBe(3);
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { kind: 'VM_NOT_FOUND', details: { vm: 'nobody' }, fix: expect.any(String) },
    });
  });

  it('refuses a configuration file with unknown keys, wrong values or no TOML in it, before anything is made', async () => {
    const file = join(parent, 'config.toml');
    for (const [text, complaint] of [
      [
        '[vm]\ncpus = 1\nmemmory_mib = 3\n',
        /config\.toml:3:1: vm\.memmory_mib is not a known key.*vm\.memory_mib/,
      ],
      ['[vm]\ncpus = "two"\n', /vm\.cpus must be a whole number/],
      ['[vm\n', /config\.toml has errors/],
    ] as const) {
      writeFileSync(file, text);
      const result = await host.banger(['vm', 'list'], { env: { BANGER_CONFIG: file } });
      expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(complaint) });
      expect(result.stderr).toMatch(/fix: .*banger config example/);
    }
    const missing = await host.banger(['vm', 'list'], { env: { BANGER_CONFIG: join(parent, 'none.toml') } });
    expect(missing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/none\.toml does not exist/),
    });
  });

  it('refuses a name that is taken, and a beginning of two ids, and changes neither VM', async () => {
    const vms = await Promise.all(
      ['first', 'second'].map((name) => host.json<VmView>(['vm', 'create', '--name', name])),
    );
    await expectRefused([['vm', 'create', '--name', 'first'], 4, /already a VM called "first"/, /--name/]);
    await expectRefused([['vm', 'run', '--name', 'first', '--', 'true'], 125, /already a VM/, /--name/]);
    const common = commonBeginning(vms.map(({ id }) => id));
    await expectRefused([['vm', 'stop', common], 4, /beginning of 2 VM ids/, /more of the id/]);
    const unique = vms[0]?.id.slice(0, common.length + 1) ?? '';
    expect(await host.json<VmView>(['vm', 'show', unique])).toMatchObject({
      name: 'first',
      state: 'running',
    });

    expect(await host.json<VmView[]>(['vm', 'list'])).toMatchObject([
      { state: 'running' },
      { state: 'running' },
    ]);
    const deleted = await host.banger(['vm', 'delete', '--force', 'first', 'nobody', 'second']);
    expect(deleted, 'one unknown VM does not keep the others').toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/no VM called "nobody"/),
    });
  });
});

function commonBeginning([first = '', second = '']: readonly string[]): string {
  let length = 0;
  while (length < first.length && first[length] === second[length]) length += 1;
  return first.slice(0, length);
}
