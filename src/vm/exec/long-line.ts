import { text } from 'node:stream/consumers';
import { randomBytes } from 'node:crypto';
import { InternalError } from '../../core/errors/index.js';
import { bytesOfText } from '../../core/ssh/index.js';
import type { SshConnection } from '../../core/ssh/index.js';

/** `bytes`; Linux gives a program no argument of 128 KiB, and the whole line is one argument of the guest's shell */
const MAX_LINE_BYTES = 120 * 1024;

/** A line that does the same and that the guest's shell can be given; a long one travels as a file first. */
export async function deliverableLine(connection: SshConnection, line: string): Promise<string> {
  const bytes = bytesOfText(line);
  if (bytes.length <= MAX_LINE_BYTES) return line;
  const file = `/run/banger-line-${randomBytes(8).toString('hex')}`;
  const upload = await connection.open({ line: `umask 077; cat > ${file}` });
  upload.stdin.end(bytes);
  upload.stdout.resume();
  const [complaint, { exitCode }] = await Promise.all([text(upload.stderr), upload.exited]);
  if (exitCode !== 0)
    throw new InternalError(`the guest did not take a long command line: ${complaint.trim()}`);
  return `banger_line=$(cat ${file}; rm -f ${file}); eval "$banger_line"`;
}
