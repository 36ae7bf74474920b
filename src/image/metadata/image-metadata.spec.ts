import { describe, expect, it } from 'vitest';
import { readImageMetadata } from './image-metadata.js';

const EMPTY = { env: {}, entrypoint: [], cmd: [], labels: {} };
const SYSTEM = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

describe('readImageMetadata', () => {
  it('reads what an image says about running it', () => {
    expect(
      readImageMetadata({
        Env: [`PATH=/opt/go/bin:${SYSTEM}`, 'GREETING=a=b', 'EMPTY='],
        User: 'node:node',
        WorkingDir: '/app',
        Entrypoint: ['docker-entrypoint.sh'],
        Cmd: ['node', '-e', 'a\nb'],
        Labels: { 'org.opencontainers.image.title': 'web' },
      }),
    ).toEqual({
      metadata: {
        env: { PATH: `/opt/go/bin:${SYSTEM}`, GREETING: 'a=b', EMPTY: '' },
        user: 'node:node',
        workdir: '/app',
        entrypoint: ['docker-entrypoint.sh'],
        cmd: ['node', '-e', 'a\nb'],
        labels: { 'org.opencontainers.image.title': 'web' },
      },
      warnings: [],
    });
  });

  it.each([undefined, null, {}, [], 'text', { Env: null, Cmd: null, Labels: null, User: '' }])(
    'finds nothing in %j',
    (config) => {
      expect(readImageMetadata(config)).toEqual({ metadata: EMPTY, warnings: [] });
    },
  );

  it('keeps the system in the path, and only absolute directories', () => {
    const path = (value: string) => readImageMetadata({ Env: [`PATH=${value}`] }).metadata.env['PATH'];
    expect(path('/opt/bin')).toBe(`/opt/bin:${SYSTEM}`);
    expect(path('.::bin:/usr/bin')).toBe('/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin');
  });

  it.each([
    ['no name', '=x'],
    ['no value', 'NAME'],
    ['a name that is shell text', 'A;id=1'],
    ['a name that is too long', `${'A'.repeat(129)}=1`],
    ['a NUL', 'A=\0'],
    ['half a surrogate pair', 'A=\ud800'],
    ['a value that is too long', `A=${'x'.repeat(32 * 1024 + 1)}`],
    ['no text', 7],
    ['a variable of the login', 'HOME=/x'],
    ['a variable of banger', 'BANGER_REF=x'],
    ['what makes every shell read a file', 'BASH_ENV=/x'],
  ])('leaves out %s, and says so', (_, entry) => {
    const { metadata, warnings } = readImageMetadata({ Env: [entry, 'KEPT=1'] });
    expect(metadata.env).toEqual({ KEPT: '1' });
    expect(warnings).toHaveLength(1);
  });

  it('takes the last of two values, and a name that objects have', () => {
    const { metadata } = readImageMetadata({ Env: ['A=1', 'A=2', '__proto__=3'] });
    expect(Object.entries(metadata.env)).toEqual([
      ['A', '2'],
      ['__proto__', '3'],
    ]);
    expect(({} as Record<string, unknown>)['3']).toBeUndefined();
  });

  it('bounds variables, words, labels and warnings', () => {
    const many = Array.from({ length: 1000 }, (_, index) => `V${index}=1`);
    const { metadata, warnings } = readImageMetadata({
      Env: many,
      Cmd: many,
      Entrypoint: ['x'.repeat(32 * 1024), 'x'.repeat(32 * 1024), 'x'],
      Labels: Object.fromEntries(many.map((name) => [name, 'x'])),
    });
    expect(Object.keys(metadata.env)).toHaveLength(256);
    expect(Object.keys(metadata.labels)).toHaveLength(256);
    expect([metadata.cmd, metadata.entrypoint]).toEqual([[], []]);
    expect(warnings).toHaveLength(20);
    expect(warnings.at(-1)).toMatch(/^and \d+ more like these$/);
  });

  it.each([
    ['User', 'root;id'],
    ['User', 'x'.repeat(257)],
    ['WorkingDir', 'app'],
    ['WorkingDir', '/a\nb'],
    ['WorkingDir', { path: '/' }],
    ['Cmd', 'node index.js'],
    ['Cmd', ['node', 1]],
    ['Labels', ['a']],
    ['Labels', { a: 1 }],
  ])('leaves out %s of another form', (field, value) => {
    const { metadata, warnings } = readImageMetadata({ [field]: value });
    expect(metadata).toEqual(EMPTY);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).not.toMatch(/\p{Cc}/u);
  });

  it('says which variables sshd cannot be told', () => {
    expect(readImageMetadata({ Env: ['A=say "hi"', 'B=b'] }).warnings).toEqual([
      'A reaches login shells only: sshd cannot be told a value with quotes, backslashes or newlines',
    ]);
  });
});
