import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RpcClient } from '../../../src/core/rpc/client.js';
import { interleaved, pairedFigure, timed } from '../../measure.js';
import type { Figure } from '../../measure.js';
import { CLEAN_ENV, createVm, execInVm } from '../../scratch-host.js';
import type { ScratchHost } from '../../scratch-host.js';
import { makeRepository } from './repositories.js';

const FILES = 2_000;
const COMMITS = 200;
const RUNS = 5;

/** In the guest: so many commits, and one file that is not committed. */
const WORK = `set -e; cd /root/exported; git config user.name a; git config user.email a@b; git add -A; git commit -qm dirty
for n in $(seq ${COMMITS}); do echo $n > work; git add work; git commit -qm $n; done; echo more > uncommitted`;

/**
 * Bringing the work of a guest out, against `git fetch` of the same commits over SSH from the same VM; everything is
 * verified, and in the first figure what is not committed comes as well.
 */
export async function workspaceExport(host: ScratchHost, client: RpcClient): Promise<Figure[]> {
  const repository = makeRepository(join(host.directory, 'exported'), { files: FILES, commits: 1 });
  const vm = await createVm(client, { name: 'exporter', workspace: { path: repository } });
  // a repository that has what was imported, and nothing else
  const fresh = (name: string): string => {
    const path = join(host.directory, name);
    rmSync(path, { recursive: true, force: true });
    execFileSync('git', ['clone', '-q', repository, path]);
    return path;
  };
  try {
    await execInVm(client, host.socketPath, vm.id, ['sh', '-c', WORK]);
    const env = { ...CLEAN_ENV, GIT_SSH_COMMAND: await sshCommand(client, vm.id) };
    const fetch = (): Promise<number> => {
      const cwd = fresh('clean');
      const args = ['fetch', '-q', 'ssh://root@guest/root/exported', 'HEAD:refs/heads/fetched'];
      return timed(async () => void execFileSync('git', args, { cwd, env }));
    };
    const figure = async (what: string, committedOnly: boolean): Promise<Figure> => {
      const pair = await interleaved(RUNS, fetch, () => {
        const to = fresh('fresh');
        return timed(() => client.call('workspace.export', { vm: vm.id, to, committedOnly }));
      });
      return pairedFigure(
        { name: `workspace export, ${what}`, floorName: 'git fetch over ssh', budget: 1 },
        pair,
      );
    };
    return [
      await figure(`${COMMITS} commits and more`, false),
      await figure(`${COMMITS} commits, --committed-only`, true),
    ];
  } finally {
    await client.call('vm.delete', { vm: vm.id, force: true });
  }
}

async function sshCommand(client: RpcClient, vm: string): Promise<string> {
  const { port, identityFile, knownHostsFile, hostKeyAlias } = await client.call('vm.ssh', { vm });
  const settings = [
    `HostName=127.0.0.1`,
    `Port=${port}`,
    `IdentityFile=${identityFile}`,
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${knownHostsFile}`,
    `HostKeyAlias=${hostKeyAlias}`,
  ];
  return ['ssh', ...settings.map((one) => `-o ${one}`)].join(' ');
}
