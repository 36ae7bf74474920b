import { pack } from 'tar-stream';
import type { IdentityFile } from '../../capabilities/index.js';
import { bytesOfText } from '../../core/ssh/index.js';

/**
 * The identity disk's content: one tar archive, written raw to the drive, with every file the guest gets at boot.
 * Entries are owned by root and dated 1970, so that equal identities make equal bytes. tar-stream writes it.
 */
export async function identityArchive(files: readonly IdentityFile[]): Promise<Buffer> {
  const archive = pack();
  for (const directory of parentDirectories(files)) {
    archive.entry({
      name: directory,
      type: 'directory',
      mode: directoryMode(directory),
      mtime: EPOCH,
      uid: 0,
      gid: 0,
    });
  }
  for (const file of files) {
    archive.entry(
      { name: file.path, mode: file.mode, mtime: EPOCH, uid: 0, gid: 0 },
      bytesOfText(file.content),
    );
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

const EPOCH = new Date(0);

export function parentDirectories(files: readonly IdentityFile[]): string[] {
  const directories = new Set<string>();
  for (const file of files) {
    const parts = file.path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth += 1) directories.add(parts.slice(0, depth).join('/'));
  }
  return [...directories].toSorted();
}

/** sshd refuses keys in a directory that others may enter; /root stays private as in every distribution. */
export function directoryMode(directory: string): number {
  return directory === 'root' || directory === 'root/.ssh' ? 0o700 : 0o755;
}
