import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { IdentityFile } from '../../capabilities/index.js';
import { ADOPTION_PROGRAM, adoptionRecords } from './identity-adoption.js';
import type { Adoption } from './identity-adoption.js';

const DATA = '\n__DATA__\n';

function adoptionProgram(adoption: Adoption): Buffer {
  return Buffer.concat([ADOPTION_PROGRAM, adoptionRecords(adoption)]);
}

const ADOPTION: Adoption = {
  hostName: 'web',
  identityFiles: [
    { path: 'etc/machine-id', content: '0123456789abcdef0123456789abcdef\n', mode: 0o444 },
    { path: 'root/.ssh/authorized_keys', content: 'ssh-ed25519 AAAA ü\n', mode: 0o600 },
  ],
  mac: '52:54:00:00:00:01',
  network: { address: '10.0.2.15/24', gateway: '10.0.2.2' },
  clockOffsetMs: 1234.56,
  entropy: randomBytes(512),
  bootId: '0a1b2c3d-0000-4000-8000-000000000001',
};

interface Adopted {
  readonly program: string;
  readonly directories: readonly (readonly [name: string, mode: number])[];
  readonly files: readonly IdentityFile[];
  readonly texts: Readonly<Record<string, Buffer>>;
}

/** Takes the input of perl apart, as the program does: a head line, and so many bytes. */
function parse(input: Buffer): Adopted {
  const end = input.indexOf(DATA) + DATA.length;
  const directories: [string, number][] = [];
  const files: IdentityFile[] = [];
  const texts: Record<string, Buffer> = {};
  for (let at = end; at < input.length;) {
    const start = input.indexOf('\n', at) + 1;
    const head = input.toString('utf8', at, start - 1);
    const [, kind, length, octal = '', name = ''] = /^(\S+) (\d+) ([0-7]+) (.*)$/.exec(head) ?? [];
    at = start + Number(length);
    expect(at, head).toBeLessThanOrEqual(input.length);
    const content = input.subarray(start, at);
    const mode = Number.parseInt(octal, 8);
    if (kind === 'directory') directories.push([name, mode]);
    else if (kind === 'file') files.push({ path: name, content: content.toString(), mode });
    else if (kind === 'end') expect([head, at]).toEqual(['end 0 0 ', input.length]);
    else texts[name] = content;
  }
  return { program: input.toString('utf8', 0, end), directories, files, texts };
}

function textsOf(changes: Partial<Adoption> = {}): Record<string, string> {
  const { texts } = parse(adoptionProgram({ ...ADOPTION, ...changes }));
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.toString('latin1')]));
}

/** The parser of the program is perl's own: nothing is run. */
function check(input: Buffer): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync('perl', ['-c', '-'], { input, encoding: 'utf8' });
  return { status, stderr };
}

const AWKWARD = [
  '',
  '\n',
  'no newline at the end',
  'one\n\n\ntwo\r\n',
  'NUL \0 NUL, \\0 and \u0000',
  '"double" \'single\' `true` $HOME @ARGV %ENV ${\\ exit 1} q{ q( "',
  `${DATA}__END__\n=pod\n\nexit 1;\n`,
  'file 3 644 /etc/passwd\nabc',
  'ü 漢字 🎉 \u2028',
  'x'.repeat(1_000_000),
];

describe('the program by which a guest adopts its identity', () => {
  it('is one that perl accepts, whatever it is to write', () => {
    const files = AWKWARD.map((content, index) => ({ path: `etc/f${index}`, content, mode: 0o644 }));
    for (const identityFiles of [ADOPTION.identityFiles, files])
      expect(check(adoptionProgram({ ...ADOPTION, identityFiles }))).toEqual({
        status: 0,
        stderr: '- syntax OK\n',
      });
  });

  it('has files of any content and name as they are, and no code of anybody else’s', () => {
    const identityFiles = AWKWARD.map((content, index) => ({
      path: `etc/a place/it's "${index}" $0 @x`,
      content,
      mode: 0o600 + index,
    }));
    const { files, program } = parse(adoptionProgram({ ...ADOPTION, identityFiles }));
    expect(files).toEqual(identityFiles.map((file) => ({ ...file, path: `/${file.path}` })));
    expect(program).toBe(parse(adoptionProgram(ADOPTION)).program);
  });

  it('makes directories before what is in them, as the identity disk has them', () => {
    const input = adoptionProgram(ADOPTION);
    const { directories, files } = parse(input);
    expect(directories).toEqual([
      ['/etc', 0o755],
      ['/root', 0o700],
      ['/root/.ssh', 0o700],
    ]);
    expect(files.map(({ path, mode }) => [path, mode])).toEqual([
      ['/etc/machine-id', 0o444],
      ['/root/.ssh/authorized_keys', 0o600],
    ]);
    const records = input.subarray(input.indexOf(DATA));
    expect(records.indexOf('directory 0 700 /root/.ssh\n')).toBeLessThan(records.indexOf('file '));
  });

  it('is told name, ids, clock, random bytes and the way out', () => {
    const { entropy, ...texts } = textsOf();
    expect(texts).toEqual({
      offset: '1235',
      hostname: 'web',
      boot: ADOPTION.bootId,
      machine: '0123456789abcdef0123456789abcdef',
      mac: '52:54:00:00:00:01',
      network: '10.0.2.15/24 10.0.2.2',
    });
    expect(Buffer.from(entropy ?? '', 'latin1').equals(ADOPTION.entropy)).toBe(true);
  });

  it('gives its hardware address to the interface before that can send anything', () => {
    const program = adoptionProgram(ADOPTION).toString('latin1');
    const [down, address, up] = [
      '$set->("interface", "eth0", 0x8914, $down)',
      '$set->("hardware address"',
      '$set->("interface", "eth0", 0x8914, $up)',
    ].map((line) => program.indexOf(line));
    expect(down).toBeGreaterThan(0);
    expect(down).toBeLessThan(address ?? 0);
    expect(address).toBeLessThan(up ?? 0);
  });

  it('leaves the network of one that has none alone', () => {
    expect(textsOf({ network: undefined, mac: undefined })).toMatchObject({ mac: '', network: '' });
  });

  it.each([
    [-7_200_000.4, '-7200000'],
    [-0.4, '0'],
    [86_400_000 * 365 * 30, '946080000000'],
  ])('tells an offset of %d ms as whole milliseconds, without an exponent', (clockOffsetMs, text) => {
    expect(textsOf({ clockOffsetMs })).toMatchObject({ offset: text });
  });
});
