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
 * Bringing the work of a guest out, against `git fetch` of the same commits over SSH from the same VM: what is not
 * committed comes as well, and everything is verified.
 */
export async function workspaceExport(host: ScratchHost, client: RpcClient): Promise<Figure> {
  const repository = makeRepository(join(host.directory, 'exported'), { files: FILES, commits: 1 });
  const clean = join(host.directory, 'clean');
  const vm = await createVm(client, { name: 'exporter', workspace: { path: repository } });
  try {
    await execInVm(client, host.socketPath, vm.id, ['sh', '-c', WORK]);
    const ssh = await sshCommand(client, vm.id);
    const fetch = (): Promise<number> => {
      // a repository that has what was imported, and nothing else
      rmSync(clean, { recursive: true, force: true });
      execFileSync('git', ['clone', '-q', repository, clean]);
      return timed(async () => {
        const source = 'ssh://root@guest/root/exported';
        execFileSync('git', ['fetch', '-q', source, 'HEAD:refs/heads/fetched'], {
          cwd: clean,
          env: { ...CLEAN_ENV, GIT_SSH_COMMAND: ssh },
        });
      });
    };
    const bring = async (): Promise<number> => {
      const to = join(host.directory, 'fresh');
      rmSync(to, { recursive: true, force: true });
      execFileSync('git', ['clone', '-q', repository, to]);
      return timed(() => client.call('workspace.export', { vm: vm.id, to }));
    };
    const pair = await interleaved(RUNS, fetch, bring);
    return pairedFigure(
      { name: `workspace export, ${COMMITS} commits`, floorName: 'git fetch over ssh', budget: 1 },
      pair,
    );
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
