import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { GuestFile } from '../guest/guest-file.js';

/** The guest's files as a tar archive, everything owned by root. The same files give the same bytes. */
export async function guestArchive(files: readonly GuestFile[]): Promise<Buffer> {
  const archive = pack();
  const owner = { uid: 0, gid: 0, mtime: new Date(0) };
  for (const file of files) {
    if ('linkTo' in file) {
      archive.entry({ ...owner, name: file.path, type: 'symlink', linkname: file.linkTo });
    } else {
      archive.entry({ ...owner, name: file.path, mode: file.mode }, file.content);
    }
  }
  archive.finalize();
  return buffer(archive);
}
