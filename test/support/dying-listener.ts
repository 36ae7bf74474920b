import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Nothing else of its process runs meanwhile: connections wait in the kernel's queue. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const PROGRAM = `
  require('node:net').createServer().listen(process.argv[1], () => {
    process.stdout.write('listening');
    (${standStill.toString()})(Number(process.argv[2]));
    process.exit();
  });`;

/**
 * A program on its end: it listens, takes no connection, and is gone `lifeMs` later, its socket left behind.
 * Resolves when it listens.
 */
export async function startDyingListener(
  path: string,
  lifeMs: number,
): Promise<{ readonly ended: Promise<unknown> }> {
  const program = spawn(process.execPath, ['-e', PROGRAM, path, String(lifeMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(program, 'exit');
  await once(program.stdout, 'data');
  return { ended };
}
