import type { VmWorkspaceView } from '../../../../src/contract/index.js';
import type { SshConnection } from '../../../../src/core/ssh/index.js';
import { RepositoryExport } from '../../../../src/workspace/export/repository-export.js';
import type { ExportPlan } from '../../../../src/workspace/export/repository-export.js';
import type { IncomingWork, Work } from '../../../../src/workspace/incoming/incoming-work.js';
import { WorkspaceFiles } from '../../../../src/workspace/repository/workspace-files.adapter.js';
import { shell } from './workspace.js';
import type { WorkspaceBench } from './workspace.js';

export interface Exporting {
  readonly branch?: string;
  readonly merge?: boolean;
  readonly committedOnly?: boolean;
  readonly to?: string;
  /** a guest other than that of the bench */
  readonly ssh?: SshConnection;
  readonly signal?: AbortSignal;
  /** other limits than those of the bench */
  readonly incoming?: IncomingWork;
  /** between the decision and what is done */
  readonly meanwhile?: () => void;
}

/** All of an export but the VM: what the guest has, into the repository of the host. */
export async function exportWork(
  bench: WorkspaceBench,
  workspace: VmWorkspaceView,
  {
    branch = 'banger/web',
    merge = false,
    committedOnly = false,
    to,
    ssh = bench.ssh,
    ...more
  }: Exporting = {},
): Promise<{ work: Work; plan: ExportPlan; workspace: VmWorkspaceView }> {
  const { signal = new AbortController().signal, incoming = bench.incoming, meanwhile } = more;
  const host = new RepositoryExport(bench.finder, new WorkspaceFiles(bench.scratchParent));
  const repository = await host.find(workspace.hostPath, to, signal);
  await host.requirePossible(repository, branch, signal);
  const vm = { id: 'vm1', name: 'web', gitName: 'Agent', gitEmail: 'agent@example.com' };
  return incoming.within(repository, signal, async (quarantine, stop, scratch) => {
    const request = { vm, workspace, ssh, committedOnly };
    const work = await incoming.receive(quarantine, request, stop);
    const wanted = { vm, exports: workspace.exports, branch, merge };
    const plan = await host.plan(quarantine, work, wanted, { scratch, signal: stop });
    meanwhile?.();
    await host.deliver(quarantine, work, plan, { scratch, signal: stop });
    await host.move(repository, { vm: vm.name, scratch }, plan);
    const exports =
      plan.tip === undefined ? [] : [{ branch, commit: plan.tip, at: new Date().toISOString() }];
    return { work, plan, workspace: Object.assign(workspace, { exports }) };
  });
}

/** Of everything that an export leaves alone: files, index, HEAD, config, hooks, and refs but the branches of exports. */
export function checkoutOf(path: string): Record<string, string> {
  const files = shell(path, `find . -path ./.git -prune -o -printf '%p %y %m %T@ %s %i %l\\n' | sort`);
  const contents = shell(
    path,
    `find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0r sha256sum`,
  );
  const own = shell(
    path,
    `cd .git; { find index HEAD config hooks info logs/HEAD ORIG_HEAD packed-refs \\
       -printf '%p %y %m %T@ %s %i %l\\n' -type f -exec sha256sum {} + 2>/dev/null || true; } | sort; ls -a`,
  );
  const refs = shell(
    path,
    `git for-each-ref --format='%(refname) %(objectname)' | grep -v refs/heads/banger/ || true`,
  );
  return { files, contents, own: own.replace(/^(?:logs|COMMIT_EDITMSG)\n/gm, ''), refs };
}
