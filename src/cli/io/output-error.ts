import { BangerError, isDiskFull } from '../../core/errors/index.js';

/** of a pipe and of a socket, as other programs give */
const READER_GONE: readonly unknown[] = ['EPIPE', 'ECONNRESET'];

/** What is to be told of an output that takes no more; nothing where its reader has had enough. */
export function outputError(error: NodeJS.ErrnoException | undefined): BangerError | undefined {
  const { code } = error ?? { code: 'EPIPE' };
  if (READER_GONE.includes(code)) return undefined;
  const message = `its output could not be written (${code ?? 'for no known reason'})`;
  const why = 'what stdout leads to takes no more; all behind that is lost';
  return isDiskFull(error)
    ? new BangerError('DISK_FULL', message, {
        details: { path: 'stdout' },
        why,
        fix: 'free some space there, or let the output go elsewhere; then see what the command has done',
        cause: error,
      })
    : new BangerError('OUTPUT_UNWRITABLE', message, {
        details: { reason: error?.message ?? 'unknown' },
        why,
        fix: 'let the output go elsewhere; then see what the command has done',
        cause: error,
      });
}
