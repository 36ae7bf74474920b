import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { OperationView } from '../../src/contract/index.js';
import { interleaved, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { CLEAN_ENV, createVm, execInVm } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const FILES = 2_000;
const RUNS = 3;
const PORT = 21_998;

/**
 * The import step of a creation, against `git clone --depth 1` of the same repository run in such a guest, from a git
 * daemon on the host: the same network, the same files to write by the same slow processor.
 */
export async function workspaceImport(host: ScratchHost): Promise<Figure> {
  const repository = makeRepository(join(host.directory, 'repository'));
  const server = await serveGit(host.directory);
  const client = await host.client();
  const clone = ['git', 'clone', '-q', '--depth', '1', `git://10.0.2.2:${PORT}/repository`, '/root/clone'];
  const inFreshVm = async (
    workspace: { path: string } | undefined,
    measure: (vm: string) => Promise<number>,
  ): Promise<number> => {
    const vm = await createVm(client, { name: 'importer', ...(workspace !== undefined && { workspace }) });
    try {
      return await measure(vm.id);
    } finally {
      await client.call('vm.delete', { vm: vm.id, force: true });
    }
  };
  const pair = await interleaved(
    RUNS,
    () => inFreshVm(undefined, (vm) => timed(() => execInVm(client, host.socketPath, vm, clone))),
    () =>
      inFreshVm({ path: repository }, async () => {
        const [operation] = await client.call('operation.list', { limit: 1 });
        return stepMs(operation, 'workspace.import');
      }),
  );
  await client.close();
  server.kill();
  return pairedFigure(
    { name: `workspace import, ${FILES} files`, floorName: 'git clone --depth 1 in the guest', budget: 1 },
    pair,
  );
}

/** Git's own server, on the host's loopback: what a guest reaches as 10.0.2.2. */
async function serveGit(directory: string): Promise<ChildProcess> {
  const args = ['daemon', '--listen=127.0.0.1', `--port=${PORT}`, '--export-all', `--base-path=${directory}`];
  // Root serves a repository of root's own here; git asks to be told so.
  const server = spawn('git', ['-c', 'safe.directory=*', ...args], { stdio: 'ignore', env: CLEAN_ENV });
  await delay(500);
  return server;
}

function stepMs(operation: OperationView | undefined, name: string): number {
  const step = operation?.steps.find((candidate) => candidate.name === name);
  if (step?.finishedAt === undefined) throw new Error(`the operation has no finished step ${name}`);
  return Date.parse(step.finishedAt) - Date.parse(step.startedAt);
}

function makeRepository(path: string): string {
  mkdirSync(path);
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], {
      cwd: path,
    });
  };
  git('init', '-q');
  for (let index = 0; index < FILES; index += 1) {
    const directory = join(path, `d${index % 50}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${index}.txt`), `${index}\n`.repeat(100 + (index % 300)));
  }
  git('add', '.');
  git('commit', '-qm', 'files');
  return path;
}
