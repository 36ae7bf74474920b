import type { Scenario } from './interrupt.js';

/**
 * How host and guest stand to each other. `behind`: the host has a commit more, the guest no work; `current`: neither;
 * `unexported`: the guest has work that the host lacks; `exported`: the host's branch is the guest's work.
 */
export type WorkspaceOutcome = 'behind' | 'current' | 'unexported' | 'exported';

export const VM = 'web';

/** @param path of the host's repository */
export function workspaceScenarios(path: string): Scenario<WorkspaceOutcome>[] {
  return [
    {
      name: 'workspace.prepare',
      kind: 'workspace.prepare',
      from: 'behind',
      command: () => ['workspace', 'prepare', VM, path],
      outcomes: ['behind', 'current'],
      sample: 1,
    },
    {
      name: 'workspace.prepare --force',
      kind: 'workspace.prepare',
      from: 'unexported',
      command: () => ['workspace', 'prepare', '--force', VM, path],
      // the work is stashed, or on a branch, when it is no longer what is there
      outcomes: ['unexported', 'current'],
      sample: 0,
    },
    {
      name: 'workspace.export',
      kind: 'workspace.export',
      from: 'unexported',
      command: () => ['workspace', 'export', VM],
      outcomes: ['unexported', 'exported'],
      sample: 2,
    },
    {
      name: 'workspace.export --merge',
      kind: 'workspace.export',
      from: 'unexported',
      command: () => ['workspace', 'export', '--merge', VM],
      outcomes: ['unexported', 'exported'],
      sample: 1,
    },
  ];
}
