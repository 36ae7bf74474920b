import { createHash } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';

const ODD_NAMES: readonly Buffer[] = [
  'with space',
  ' leading and trailing ',
  'new\nline',
  '\n',
  "single'quote",
  'double"quote',
  'back\\slash',
  'back\\nslash',
  '\\',
  '-dash',
  '--option=value',
  '-C',
  '*',
  '$(touch pwned)',
  '`id`',
  'tab\there',
  '\u001b[31mred',
  '.hidden',
  '...',
  'ünïcödé-日本語-🦄',
  'e\u0301 decomposed',
  '#comment',
  '~',
  'a:b',
  'x'.repeat(255),
  'é'.repeat(127),
].map((name) => Buffer.from(name));

/** no text in any common encoding */
const BYTE_NAMES = [Buffer.from([0xff, 0xfe, 0x80]), Buffer.from([0x62, 0xe9, 0x74, 0x0a, 0xc3])];

/** A tree of so many files, in directories of two hundred, with names as bad as they come. */
export function makeOddTree(root: string, files: number): void {
  const names = [...ODD_NAMES, ...BYTE_NAMES];
  const at = (...parts: Buffer[]): Buffer =>
    Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [Buffer.from('/'), part])));
  const top = Buffer.from(root);
  mkdirSync(top);
  for (let index = 0; index < files; index += 1) {
    const group = Math.floor(index / 200);
    const directory = at(top, Buffer.concat([Buffer.from(`${group} `), names[group % 24] as Buffer]));
    if (index % 200 === 0) mkdirSync(directory);
    const path = at(
      directory,
      index % 200 < names.length ? (names[index % 200] as Buffer) : Buffer.from(`file-${index}`),
    );
    if (index % 50 === 49) {
      symlinkSync(index % 100 === 99 ? '/nowhere/at all' : `../${index}\n`, path);
      lutimesSync(path, 1_600_000_000, 1_500_000_000 + index);
      continue;
    }
    if (index % 50 === 48) {
      linkSync(at(directory, Buffer.from(`file-${index - 1}`)), path);
      continue;
    }
    writeFileSync(path, `${index}\n`.repeat(index % 40), {
      mode: [0o644, 0o600, 0o755, 0o440][index % 4] as number,
    });
    // a time with a fraction makes the archive longer by two blocks
    utimesSync(path, 1_600_000_000, 1_000_000_000 + index * 1000 + (index % 8 === 0 ? 0.123456 : 0));
  }
  for (const name of ['empty', 'closed'])
    mkdirSync(at(top, Buffer.from(name)), { mode: name === 'closed' ? 0o555 : 0o750 });
  utimesSync(at(top, Buffer.from('empty')), 1, 1_234_567_890);
}

/** Type, mode, time, link target and checksum of everything below, sorted; a line each. */
export function fingerprint(root: string): string[] {
  const lines: string[] = [];
  const inodes = new Map<bigint, number>();
  const visit = (path: Buffer, shown: string): void => {
    const { ino, mode, mtimeNs, nlink } = lstatSync(path, { bigint: true });
    const type = (Number(mode) >> 12) & 0o17;
    let what = '';
    if (type === 0o12) what = readlinkSync(path, { encoding: 'buffer' }).toString('latin1');
    if (type === 0o10) {
      if (!inodes.has(ino)) inodes.set(ino, inodes.size);
      what = `${createHash('md5').update(readFileSync(path)).digest('hex')}${nlink > 1n ? ` linked ${inodes.get(ino)}` : ''}`;
    }
    lines.push(JSON.stringify([shown, Number(mode).toString(8), String(mtimeNs), what]));
    if (type !== 0o4) return;
    const entries = readdirSync(path, { encoding: 'buffer' }).toSorted((a, b) => Buffer.compare(a, b));
    for (const name of entries)
      visit(Buffer.concat([path, Buffer.from('/'), name]), `${shown}/${name.toString('latin1')}`);
  };
  visit(Buffer.from(root), '');
  return lines;
}
