import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** Runs ledger-child.ts as a process of its own until it asks to be killed by SIGKILL. @returns what it printed */
export async function runUntilKilled(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [await bundle(), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.includes('KILL ME\n')) child.kill('SIGKILL');
  });
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself: ${exitCode} ${signal}: ${printed}`);
  return printed.replace('KILL ME\n', '');
}

/** Node runs no decorators, and packages are found from within the repository only. */
async function bundle(): Promise<string> {
  const scratch = join(ROOT, '.banger-test');
  mkdirSync(scratch, { recursive: true });
  const directory = mkdtempSync(join(scratch, 'ledger-child-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'child.mjs');
  const build = await rolldown({
    input: join(import.meta.dirname, 'ledger-child.ts'),
    platform: 'node',
    // The helpers of compiled decorators are rolldown's own and belong into the bundle.
    external: /^(?!@oxc-project\/)[@a-z]/,
    tsconfig: join(ROOT, 'tsconfig.json'),
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
  return file;
}
