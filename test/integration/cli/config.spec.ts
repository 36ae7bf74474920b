import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cli, ROOT } from './cli-process.js';
import type { CliResult } from './cli-process.js';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-config-'));
  file = join(directory, 'config.toml');
});
afterEach(() => rmSync(directory, { recursive: true }));

async function banger(...args: string[]): Promise<CliResult> {
  const env = { BANGER_CONFIG: file, BANGER_RUNTIME_DIR: join(directory, 'run'), XDG_DATA_HOME: directory };
  return cli(args, { env });
}

const BAD = '[vm]\ncpus = 0\n\n  memroy_mib = 1\n[log]\nlevel = "loud"\n';

describe('banger config', () => {
  it('show tells each value and where it comes from, without a daemon', async () => {
    writeFileSync(file, '# mine\n[vm]\n\nmemory_mib = 2048\n');
    const { code, stdout, stderr } = await banger('config', 'show');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^file: ${file}\n`));
    expect(stdout).toMatch(/^runtime_directory +"\/.*\/run" +BANGER_RUNTIME_DIR$/m);
    expect(stdout).toMatch(new RegExp(`^vm.memory_mib +2048 +${file}:4$`, 'm'));
    expect(stdout).toMatch(/^vm.cpus +1 +default$/m);
    const json = JSON.parse((await banger('config', 'show', '--json')).stdout) as object;
    expect(json).toMatchObject({
      file,
      fileExists: true,
      daemon: null,
      settings: expect.arrayContaining([{ key: 'vm.memory_mib', value: '2048', source: 'file', line: 4 }]),
    });
  });

  it('example prints a file that check accepts, even where the file in force is bad', async () => {
    writeFileSync(file, BAD);
    const { code, stdout } = await banger('config', 'example');
    expect(code).toBe(0);
    const example = join(directory, 'example.toml');
    writeFileSync(example, stdout.replaceAll(/^#(?! )/gm, ''));
    expect(await banger('config', 'check', example)).toMatchObject({
      code: 0,
      stdout: `${example} is valid\n`,
    });
  });

  it.each([
    ['config', 'show'],
    ['config', 'check'],
    ['vm', 'list'],
    ['daemon', 'start'],
  ])(
    '%s %s ends with status 2 and every issue: file, line, column, key, what was meant',
    async (...words) => {
      writeFileSync(file, BAD);
      const { code, stdout, stderr } = await banger(...words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`banger: the configuration file ${file} has errors`);
      expect(stderr).toContain(`- ${file}:2:1: vm.cpus must be a whole number from 1 to 1024, not 0`);
      expect(stderr).toContain(
        `- ${file}:4:3: vm.memroy_mib is not a known key; did you mean vm.memory_mib?`,
      );
      expect(stderr).toContain(`- ${file}:6:1: log.level must be one of`);
      expect(stderr).toContain('fix: ');
    },
  );

  it('with --json the issues are data', async () => {
    writeFileSync(file, BAD);
    const { code, stdout } = await banger('--json', 'vm', 'list');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        kind: 'CONFIG_INVALID',
        details: {
          file,
          issues: [
            { key: 'vm.cpus', line: 2, column: 1 },
            { key: 'vm.memroy_mib', line: 4, column: 3, suggestion: 'vm.memory_mib' },
            { key: 'log.level', line: 6, column: 1 },
          ],
        },
      },
    });
  });

  it('a daemon started by hand refuses it as well', () => {
    writeFileSync(file, BAD);
    const state = join(directory, 'state');
    const env = { ...process.env, BANGER_CONFIG: file, BANGER_STATE_DIR: state };
    let failure: { status?: number; stderr?: Buffer } = {};
    try {
      execFileSync('/bin/sh', [join(ROOT, 'scripts/bangerd.sh')], { env, stdio: 'pipe', timeout: 30_000 });
    } catch (error) {
      failure = error as typeof failure;
    }
    expect(failure.status).toBe(2);
    expect(JSON.parse(failure.stderr?.toString() ?? '')).toMatchObject({
      error: {
        kind: 'CONFIG_INVALID',
        details: { issues: expect.arrayContaining([expect.objectContaining({ line: 4 })]) },
      },
    });
  });

  it('help and version need no configuration', async () => {
    writeFileSync(file, BAD);
    for (const words of [['--help'], ['vm', '--help'], ['--version']])
      expect(await banger(...words)).toMatchObject({ code: 0 });
  });
});

describe('what is no configuration file is told in words', () => {
  const MEGABYTE = 1024 * 1024;
  it.each<[string, string, () => void]>([
    ['nothing there', 'does not exist', () => undefined],
    ['a directory', 'is a directory, not a file', () => mkdirSync(file)],
    ['a pipe', 'is a pipe, not a file', () => execFileSync('mkfifo', [file])],
    ['a link to nothing', 'is a link to nothing', () => symlinkSync('/nonexistent/x', file)],
    ['a link to itself', 'is a link that leads back to itself', () => symlinkSync(file, file)],
    ['too large', 'is larger than 1024 KiB', () => writeFileSync(file, '#'.repeat(MEGABYTE + 1))],
    ['NUL bytes', 'is no text: line 2 has a NUL byte', () => writeFileSync(file, 'a = 1\nb = "\0"')],
    ['other bytes', 'is no text in UTF-8', () => writeFileSync(file, Buffer.from([0x61, 0xff, 0xfe]))],
    ['an endless device', 'is a device, not a file', () => symlinkSync('/dev/zero', file)],
    [
      'below a file',
      'a part of its path is no directory',
      () => {
        writeFileSync(file, '');
        file = join(file, 'config.toml');
      },
    ],
  ])('%s', async (_, problem, make) => {
    make();
    const { code, stderr } = await banger('config', 'show');
    expect(stderr).toContain(
      `banger: the configuration file ${file} ${problem}`.replace(' a part', ' cannot be there: a part'),
    );
    expect(stderr).toContain('fix: ');
    expect(code).toBe(2);
  });

  it('a socket, and a link to a file that is one', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(file, listening));
    expect((await banger('config', 'show')).stderr).toContain('is a socket, not a file');
    await new Promise((closed) => server.close(closed));
    const real = join(directory, 'real.toml');
    writeFileSync(real, '[vm]\ncpus = 3\n');
    symlinkSync(real, file);
    expect((await banger('config', 'show')).stdout).toMatch(/^vm.cpus +3 /m);
  });

  it.each([
    ['a line that is cut off', '[vm]\ncpus =', ':2:'],
    ['a key given twice', 'a = 1\na = 2', ':2:1: '],
    ['a table given twice', '[vm]\n[vm]\n', ':2:2: '],
    ['a megabyte of brackets', `a = ${'['.repeat(MEGABYTE - 10)}`, ':1:'],
    ['a megabyte of a dotted key', `${'a.'.repeat(MEGABYTE / 2 - 10)}b = 1`, ':1:15: '],
    [
      'a hundred thousand unknown keys',
      Array.from({ length: 100_000 }, (_, n) => `k${n}=1`).join('\n'),
      ':1:1: k0 is not',
    ],
  ])('%s has its line', async (_, text, place) => {
    writeFileSync(file, text);
    const { code, stderr } = await banger('config', 'show');
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}${place}`);
    expect(stderr.length).toBeLessThan(20_000);
  });
});
