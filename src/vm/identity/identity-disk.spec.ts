import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { identityArchive } from './identity-disk.js';

interface Entry {
  name: string;
  type: string;
  mode: number;
  owner: string;
  content: string;
}

async function read(archive: Buffer): Promise<Entry[]> {
  const parser = extract();
  parser.end(archive);
  const entries: Entry[] = [];
  for await (const entry of parser) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, type, mode, uid, gid } = entry.header;
    entries.push({
      name,
      type: type ?? '',
      mode: mode ?? 0,
      owner: `${uid}:${gid}`,
      content: Buffer.concat(chunks).toString(),
    });
  }
  return entries;
}

describe('identityArchive', () => {
  it('holds the files with their modes, owned by root, below directories that sshd accepts', async () => {
    const archive = await identityArchive([
      { path: 'etc/hostname', content: 'web\n', mode: 0o644 },
      { path: 'root/.ssh/authorized_keys', content: 'ssh-ed25519 AAAA ü\n', mode: 0o600 },
    ]);
    expect(await read(archive)).toEqual([
      { name: 'etc', type: 'directory', mode: 0o755, owner: '0:0', content: '' },
      { name: 'root', type: 'directory', mode: 0o700, owner: '0:0', content: '' },
      { name: 'root/.ssh', type: 'directory', mode: 0o700, owner: '0:0', content: '' },
      { name: 'etc/hostname', type: 'file', mode: 0o644, owner: '0:0', content: 'web\n' },
      {
        name: 'root/.ssh/authorized_keys',
        type: 'file',
        mode: 0o600,
        owner: '0:0',
        content: 'ssh-ed25519 AAAA ü\n',
      },
    ]);
  });

  it('makes equal bytes of equal files', async () => {
    const files = [{ path: 'etc/hostname', content: 'web\n', mode: 0o644 }];
    expect((await identityArchive(files)).equals(await identityArchive(files))).toBe(true);
  });

  it('survives names and contents of any size, by a fixed seed', async () => {
    let seed = 42;
    const next = (max: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % max;
    };
    for (let round = 0; round < 50; round += 1) {
      const files = Array.from({ length: 1 + next(5) }, (_, index) => ({
        path: `etc/f${index}-${'n'.repeat(next(200))}`,
        content: 'ü\n\0x'.repeat(next(2000)),
        mode: 0o600,
      }));
      const entries = await read(await identityArchive(files));
      expect(
        entries.filter((entry) => entry.type === 'file').map(({ name, content }) => ({ name, content })),
      ).toEqual(files.map(({ path, content }) => ({ name: path, content })));
    }
  });
});
