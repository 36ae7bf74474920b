import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';

export interface DaemonFixture {
  readonly process: ChildProcess;
  readonly socketPath: string;
  /** holds the socket and nothing else */
  readonly directory: string;
  readonly exited: Promise<{ exitCode: number | null; output: string }>;
  remove(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../../..');

/** Bundles daemon-fixture.ts (Node cannot run decorators) and runs it; resolves when it listens. */
export async function startDaemonFixture(): Promise<DaemonFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'bgr-rpc-'));
  // Below node_modules, so that the bundle finds the packages it leaves out.
  const cache = join(ROOT, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const bundles = await mkdtemp(join(cache, 'bgr-rpc-'));
  const bundle = join(bundles, 'daemon.mjs');
  await build({
    input: join(import.meta.dirname, 'daemon-fixture.ts'),
    tsconfig: join(ROOT, 'tsconfig.json'),
    external: /^(node:|@nestjs|rxjs|class-|pino|reflect-metadata)/,
    output: { file: bundle, format: 'esm' },
    logLevel: 'silent',
  });
  const socketPath = join(directory, 's');
  const child = spawn(process.execPath, [bundle, socketPath], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const exited = new Promise<{ exitCode: number | null; output: string }>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('listening')) resolve();
    });
    void exited.then(() => reject(new Error('the daemon did not start')));
  });
  const remove = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await Promise.all([directory, bundles].map((path) => rm(path, { recursive: true })));
  };
  return { process: child, socketPath, directory, exited, remove };
}
