import { join } from 'node:path';
import type { Sshd } from '../../../test/integration/ssh/support/sshd.js';
import type { OperationView } from '../../../src/contract/index.js';
import type { RpcClient } from '../../../src/core/rpc/client.js';
import { interleaved, pairedFigure, timed } from '../../measure.js';
import type { Figure } from '../../measure.js';
import { createVm, execInVm } from '../../scratch-host.js';
import type { ScratchHost } from '../../scratch-host.js';
import { commitOnce, makeRepository } from './repositories.js';

/** of git in the guest, with the key that a command before has put there */
const SSH =
  'ssh -i /root/key -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR';

/** A pull would look for history that a shallow clone does not have. */
const PULL = `export GIT_SSH_COMMAND='${SSH}'; cd /root/clone && git fetch -q --depth 1 && git reset -q --hard FETCH_HEAD`;

export interface ImportBench {
  readonly host: ScratchHost;
  readonly client: RpcClient;
  /** from which guests clone */
  readonly server: Sshd;
}

interface Subject {
  readonly name: string;
  readonly what: string;
  readonly files: number;
  readonly commits: number;
  readonly runs: number;
}

export async function imports(bench: ImportBench): Promise<Figure[]> {
  return [
    await importOf(bench, { name: 'files', what: '2,000 files', files: 2_000, commits: 1, runs: 3 }),
    await importOf(bench, { name: 'history', what: '5,500 commits', files: 500, commits: 5_500, runs: 3 }),
  ];
}

/** Once: cloning them takes an emulated guest half a minute. */
export async function importOfManyFiles(bench: ImportBench): Promise<Figure[]> {
  return [await importOf(bench, { name: 'many', what: '50,500 files', files: 50_500, commits: 1, runs: 1 })];
}

/**
 * The import step of a creation, what is not committed included, against `git clone --depth 1` of the same repository
 * run in such a guest, over SSH from the host: the same files to write by the same slow processor.
 */
async function importOf(
  { host, client, server }: ImportBench,
  { name, what, runs, ...size }: Subject,
): Promise<Figure> {
  const repository = makeRepository(join(host.directory, name), size);
  const clone = cloneCommand(server, repository);
  const pair = await interleaved(
    runs,
    () =>
      inFreshVm(client, undefined, async (vm) => {
        await execInVm(client, host.socketPath, vm, keyCommand(server));
        return timed(() => execInVm(client, host.socketPath, vm, clone));
      }),
    () => inFreshVm(client, repository, async () => importMs(client)),
  );
  const floorName = 'git clone --depth 1 over ssh in the guest';
  return pairedFigure({ name: `workspace import, ${what}`, floorName, budget: 1 }, pair);
}

/** One new commit of the host's, with the guest having the rest. */
export async function prepareAgain({ host, client, server }: ImportBench): Promise<Figure[]> {
  const repository = makeRepository(join(host.directory, 'again'), { files: 2_000, commits: 1 });
  return inFreshVm(client, repository, async (vm) => {
    await execInVm(client, host.socketPath, vm, keyCommand(server));
    await execInVm(client, host.socketPath, vm, cloneCommand(server, repository));
    let round = 0;
    const change = (): void => commitOnce(repository, `round ${(round += 1)}`);
    const pair = await interleaved(
      5,
      async () => {
        change();
        return timed(() => execInVm(client, host.socketPath, vm, ['sh', '-c', PULL]));
      },
      async () => {
        change();
        return timed(() => client.call('workspace.prepare', { vm, path: repository }));
      },
    );
    const floorName = 'git fetch --depth 1 over ssh and reset in the guest';
    return [pairedFigure({ name: 'workspace prepare again, 1 commit', floorName, budget: 1 }, pair)];
  });
}

async function inFreshVm<T>(
  client: RpcClient,
  path: string | undefined,
  measure: (vm: string) => Promise<T>,
): Promise<T> {
  const vm = await createVm(client, { name: 'importer', ...(path !== undefined && { workspace: { path } }) });
  try {
    return await measure(vm.id);
  } finally {
    await client.call('vm.delete', { vm: vm.id, force: true });
  }
}

function cloneCommand({ port }: Sshd, repository: string): string[] {
  const url = `ssh://root@10.0.2.2:${port}${repository}`;
  return ['sh', '-c', `GIT_SSH_COMMAND='${SSH}' git clone -q --depth 1 ${url} /root/clone`];
}

function keyCommand({ userKey }: Sshd): string[] {
  return ['sh', '-c', 'umask 077; printf %s "$1" > /root/key', 'sh', userKey.privateKey];
}

async function importMs(client: RpcClient): Promise<number> {
  const [operation] = await client.call('operation.list', { limit: 1 });
  return stepMs(operation, 'workspace.import');
}

function stepMs(operation: OperationView | undefined, name: string): number {
  const step = operation?.steps.find((candidate) => candidate.name === name);
  if (step?.finishedAt === undefined) throw new Error(`the operation has no finished step ${name}`);
  return Date.parse(step.finishedAt) - Date.parse(step.startedAt);
}
