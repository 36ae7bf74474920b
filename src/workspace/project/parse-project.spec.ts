import { describe, expect, it } from 'vitest';
import { isKind } from '../../core/errors/index.js';
import { parseProject } from './parse-project.js';
import { PROJECT_KEYS } from './project-keys.js';

async function issuesOf(text: string): Promise<string[]> {
  try {
    await parseProject('.banger.toml', text);
  } catch (error) {
    if (!isKind(error, 'PROJECT_FILE_INVALID')) throw error;
    return error.details.issues.map(({ line, column, key, message, suggestion }) =>
      [`${line}:${column}`, key, message, suggestion && `→ ${suggestion}`].filter(Boolean).join(' '),
    );
  }
  return [];
}

describe('a project file', () => {
  it('says what VM its repository wants', async () => {
    const text = Object.values(PROJECT_KEYS)
      .map(({ example }) => example)
      .join('\n');
    expect(await parseProject('/r/.banger.toml', text)).toEqual({
      file: '/r/.banger.toml',
      settings: {
        image: 'debian',
        cpus: 2,
        memoryMib: 2048,
        diskMib: 10_240,
        workDiskMib: 10_240,
        publishedPorts: [{ hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80, protocol: 'tcp' }],
        env: { NODE_ENV: 'test' },
        labels: { team: 'web' },
      },
      files: [{ from: 'config/npmrc', to: '/root/.npmrc', mode: '0600' }],
      setup: 'npm ci',
      workspace: { mode: 'full', exclude: ['*.mp4', '/data/'], setup: 'npm ci' },
    });
    expect(await parseProject('f', '')).toEqual({ file: 'f', settings: {}, files: [], setup: undefined });
  });

  it.each([
    ['/etc/shadow'],
    ['../../etc/shadow'],
    ['a/../../x'],
    ['..'],
    ['.'],
    ['./../x'],
    [''],
    ['/'],
    ['a\\u0000b'],
    ['a\\nb'],
  ])('cannot name %j as a file', async (from) => {
    expect(await issuesOf(`[[files]]\nfrom = "${from}"\nto = "/x"`)).toEqual([
      expect.stringMatching(/^2:1 files\[0\].from must be a path within the repository/),
    ]);
  });

  it.each([
    ['0.0.0.0:8080:80'],
    ['192.168.1.1:8080:80'],
    ['80:80'],
    ['1023:80'],
    ['8080'],
    ['8080:0'],
    ['70000:80'],
    ['::1:8080:80'],
    ['8080:80/sctp'],
  ])('cannot publish %s', async (port) => {
    expect(await issuesOf(`ports = ["${port}"]`)).toEqual([
      expect.stringMatching(/^1:10 ports\[0\] must be a port such as "8080:80"/),
    ]);
  });

  it('takes variables as they are written, and never repeats their values', async () => {
    const { settings } = await parseProject('f', '[env]\nA = "$HOME ${PATH} `id`"\nPATH = ""');
    expect(settings.env).toEqual({ A: '$HOME ${PATH} `id`', PATH: '' });
    expect(await issuesOf('[env]\nTOKEN = 12345\n"A=B" = "x"\n__proto__ = "x"')).toEqual([
      '2:1 env.TOKEN must be a text without NUL',
      '3:1 env."A=B" is not the name of a variable',
    ]);
  });

  it('is refused with every issue, its place, and the key that was meant', async () => {
    const text = [
      'cpu = 2',
      'memory = 2048',
      'disk = "0g"',
      'setup = ["npm", "ci"]',
      'state_directory = "/etc"',
      '[[files]]',
      'form = "x"',
      '[[files]]',
      'from = "x"',
      'to = "relative"',
      'mode = "4755"',
      '[labels]',
      '"no good" = "x"',
    ].join('\n');
    expect(await issuesOf(text)).toEqual([
      '1:1 cpu is not a known key → cpus',
      '2:1 memory must be a size such as "512m", "2g" or "1t", not 2048',
      '3:1 disk must be a size such as "512m", "2g" or "1t", not the text "0g"',
      '4:1 setup must be a text of up to 16384 characters, not an array',
      '5:1 state_directory is not a known key',
      '6:3 files[0] lacks the key from',
      '6:3 files[0] lacks the key to',
      '7:1 files[0].form is not a known key → from',
      '10:1 files[1].to must be an absolute path without "..", not the text "relative"',
      '11:1 files[1].mode must be file permissions in octal digits such as "0600", not the text "4755"',
      '13:1 labels."no good" is not the name of a label (1 to 63 of A-Z, a-z, 0-9, ".", "_", "/" and "-")',
    ]);
  });

  it('says how the repository goes in', async () => {
    const text = [
      '[workspace]',
      'mode = "full"',
      'depth = 5',
      'include_untracked = false',
      'exclude = ["*.mp4", "!a.mp4"]',
      'setup = "npm ci"',
    ];
    expect(await parseProject('f', text.join('\n'))).toMatchObject({
      settings: {},
      setup: undefined,
      workspace: {
        mode: 'full',
        depth: 5,
        includeUntracked: false,
        exclude: ['*.mp4', '!a.mp4'],
        setup: 'npm ci',
      },
    });
    expect(
      await issuesOf('[workspace]\nmod = "full"\ndepth = 0\ninclude_untracked = "no"\nexclude = [""]'),
    ).toEqual([
      '2:1 workspace.mod is not a known key → mode',
      '3:1 workspace.depth must be a whole number from 1 to 100000, not 0',
      '4:1 workspace.include_untracked must be true or false, not the text "no"',
      '5:12 workspace.exclude[0] must be a pattern as in .gitignore, not the text ""',
    ]);
    expect(await issuesOf('workspace = "full"')).toEqual([
      expect.stringMatching(/^1:1 workspace must be a table, not the text/),
    ]);
  });

  it('has bounds that a hostile one meets', async () => {
    expect(
      await issuesOf(`[env]\n${Array.from({ length: 300 }, (_, n) => `A${n} = ""`).join('\n')}`),
    ).toEqual(['1:2 env must have at most 256 keys, not 300']);
    expect(await issuesOf(`setup = "${'x'.repeat(20_000)}"`)).toHaveLength(1);
    expect(await issuesOf(`cpus = ${'['.repeat(60_000)}`)).toHaveLength(1);
    expect(await issuesOf(`${'a.'.repeat(30_000)}b = 1`)).toHaveLength(1);
    expect((await issuesOf(Array.from({ length: 9_000 }, (_, n) => `k${n}=1`).join('\n'))).length).toBe(51);
  });
});
