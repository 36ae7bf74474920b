import { pack } from 'tar-stream';
import type { RememberedFile, SyncedFile } from './synced-file.js';

/**
 * Runs in the guest: takes away what banger put there and nobody has changed since, says what it leaves, then puts
 * what comes on stdin in its place. Arguments: a path and the checksums that banger knows of it, in turn.
 */
export const SYNC_SCRIPT = `
umask 022
while [ $# -gt 1 ]; do
  if [ -f "$1" ] && [ ! -L "$1" ]; then
    sum=$(sha256sum < "$1") && sum=\${sum%% *}
    case " $2 " in
      *" $sum "*) rm -f -- "$1" ;;
      *) printf '%s\\n' "$1" ;;
    esac
  fi
  shift 2
done
exec tar -xpf - -C / --no-same-owner
`;

export function syncArguments(gone: readonly RememberedFile[]): string[] {
  return ['sh', '-c', SYNC_SCRIPT, 'sh', ...gone.flatMap(({ path, sha256 }) => [path, sha256.join(' ')])];
}

/** Files alone, without their directories: an entry for /tmp would change its permissions. */
export async function syncArchive(files: readonly SyncedFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, content, mode } of files)
    archive.entry({ name: path.slice(1), mode, uid: 0, gid: 0 }, content);
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
