import 'reflect-metadata';
import { exitCodeOf } from '../contract/index.js';
import { toBangerError } from '../core/errors/index.js';
import { runCatalogTool } from './catalog-tool.js';
import { runDoctor } from './doctor.js';
import { repairOffline } from './repair-offline.js';
import { serve } from './serve.js';

/**
 * `bangerd` serves until it is told to stop; `bangerd doctor` prints a DoctorReport, `bangerd repair` what it has
 * put right, `bangerd catalog` what it has made, and all three end.
 * A failure to start is one JSON line on stderr, which the CLI shows: {"error":{message,kind,…}}.
 */
async function main(): Promise<void> {
  if (process.argv[2] === 'doctor') return runDoctor();
  if (process.argv[2] === 'repair') return repairOffline();
  if (process.argv[2] === 'catalog') return runCatalogTool(process.argv.slice(3));
  await serve();
  // What still holds the process up, such as the pipe of a child, is of no more use.
  process.exit(0);
}

main().catch((error: unknown) => {
  const failure = toBangerError(error, 'the start of the daemon');
  process.stderr.write(`${JSON.stringify({ error: { message: failure.message, ...failure.toData() } })}\n`);
  if (failure.kind === 'INTERNAL')
    process.stderr.write(`${String(failure.cause instanceof Error ? failure.cause.stack : failure.stack)}\n`);
  // the CLI tells a daemon that lost a race from one that cannot run by this
  process.exit(exitCodeOf(failure.kind));
});
