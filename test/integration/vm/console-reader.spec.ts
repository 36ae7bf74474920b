import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileConsoleReader } from '../../../src/vm/console/file-console-reader.adapter.js';
import type { ConsolePiece } from '../../../src/vm/console/console-reader.js';

describe('FileConsoleReader', () => {
  const reader = new FileConsoleReader();
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bgr-console-'));
    path = join(directory, 'console.log');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function read(lines?: number): Promise<string> {
    let text = '';
    for await (const piece of reader.read(path, { lines })) text += piece.text;
    return text;
  }

  it('gives the last lines, of files of any size', async () => {
    expect(await read()).toBe('');
    await writeFile(path, 'one\ntwo\nthree\n');
    expect([await read(), await read(1), await read(2), await read(0), await read(99)]).toEqual([
      'one\ntwo\nthree\n',
      'three\n',
      'two\nthree\n',
      '',
      'one\ntwo\nthree\n',
    ]);
    await writeFile(path, 'no newline yet');
    expect(await read(1)).toBe('no newline yet');
    const long = Array.from({ length: 30_000 }, (_, index) => `line ${index} ä\n`);
    await writeFile(path, long.join(''));
    expect(await read(20_000)).toBe(long.slice(-20_000).join(''));
    expect(await read()).toBe(long.join(''));
  });

  it('sends a character whole that lies on the edge of two pieces', async () => {
    const text = `${'x'.repeat(64 * 1024 - 1)}äöü`;
    await writeFile(path, text);
    expect(await read()).toBe(text);
  });

  /** Follows until `enough`; the writer acts in between. */
  async function follow(
    enough: (text: string) => boolean,
    act: (text: string) => Promise<void> | undefined,
    lines?: number,
  ): Promise<{ text: string; pieces: ConsolePiece[] }> {
    const stop = new AbortController();
    const pieces: ConsolePiece[] = [];
    let text = '';
    for await (const piece of reader.read(path, { lines, follow: stop.signal })) {
      pieces.push(piece);
      text += piece.text;
      await act(text);
      if (enough(text)) stop.abort();
    }
    return { text, pieces };
  }

  it('goes on with what comes, and into a new start of the VM', async () => {
    await writeFile(path, 'old\nfirst\n');
    const { text, pieces } = await follow(
      (so) => so.endsWith('again\n'),
      (so) => {
        if (so === 'first\n') return appendFile(path, 'second\n');
        if (!so.endsWith('second\n')) return undefined;
        return writeFile(`${path}.new`, 'again\n').then(() => rename(`${path}.new`, path));
      },
      1,
    );
    expect(text).toBe('first\nsecond\nagain\n');
    expect(pieces.map(({ restarted }) => restarted)).toEqual([undefined, undefined, true]);
  });

  it('loses and repeats nothing when the writer drops the older half', async () => {
    const lines = Array.from({ length: 4_000 }, (_, index) => `line ${index}\n`);
    await writeFile(path, lines.slice(0, 3_000).join(''));
    const { text } = await follow(
      (so) => so.endsWith('line 3999\n'),
      (so) =>
        so.endsWith('line 2999\n')
          ? // In place, as the console's writer does it.
            writeFile(path, lines.slice(2_000).join(''), { flag: 'w' })
          : undefined,
    );
    expect(text).toBe(lines.join(''));
  });

  it('ends when told so of a file that is gone', async () => {
    await writeFile(path, 'last words\n');
    let text = '';
    const never = new AbortController().signal;
    let asked = 0;
    const isOver = async (): Promise<boolean> => (asked += 1) > 1;
    for await (const piece of reader.read(path, { lines: undefined, follow: never, isOver })) {
      text += piece.text;
      await rm(path);
    }
    expect([text, asked]).toEqual(['last words\n', 2]);
  });

  it('follows no link that was planted', async () => {
    const { symlink } = await import('node:fs/promises');
    await symlink('/etc/passwd', path);
    await expect(read()).rejects.toMatchObject({ code: 'ELOOP' });
  });
});
