import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperationView } from '../../src/contract/index.js';
import { interleaved, pairedFigure, timed } from '../measure.js';
import type { Figure } from '../measure.js';
import { CLEAN_ENV, createVm } from '../scratch-host.js';
import type { ScratchHost } from '../scratch-host.js';

const FILES = 2_000;
const RUNS = 3;

/** The import step of a creation, against `git clone --depth 1` of the same repository over SSH to the same guest. */
export async function workspaceImport(host: ScratchHost): Promise<Figure> {
  const repository = makeRepository(join(host.directory, 'repository'));
  const client = await host.client();
  const model = await createVm(client, { name: 'model', workspace: { path: repository } });
  const { port, identityFile, knownHostsFile, hostKeyAlias } = await client.call('vm.ssh', { vm: model.id });
  const ssh = `ssh -i ${identityFile} -o UserKnownHostsFile=${knownHostsFile} -o HostKeyAlias=${hostKeyAlias} -p ${port}`;
  const target = join(host.directory, 'clone');
  const pair = await interleaved(
    RUNS,
    () => {
      rmSync(target, { recursive: true, force: true });
      const args = [
        'clone',
        '-q',
        '--depth',
        '1',
        `ssh://root@127.0.0.1${model.workspace?.guestPath ?? ''}`,
        target,
      ];
      return timed(async () => execFileSync('git', args, { env: { ...CLEAN_ENV, GIT_SSH_COMMAND: ssh } }));
    },
    async () => {
      const vm = await createVm(client, { name: 'importer', workspace: { path: repository } });
      const [operation] = await client.call('operation.list', { limit: 1 });
      await client.call('vm.delete', { vm: vm.id, force: true });
      return stepMs(operation, 'workspace.import');
    },
  );
  await client.call('vm.delete', { vm: model.id, force: true });
  await client.close();
  return pairedFigure(
    { name: `workspace import, ${FILES} files`, floorName: 'git clone --depth 1 from the guest', budget: 1 },
    pair,
  );
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
