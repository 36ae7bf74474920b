import type { Problem } from '../../host/index.js';

/** What can be wrong with a VM that is in the books. */
export type VmProblemKind =
  /** its row says that it runs, and its VMM is gone */
  | 'machine-gone'
  /** its VMM lives, and nobody can connect to it any more */
  | 'sockets-gone'
  /** its VMM lives, and the daemon does not have it in hand */
  | 'not-in-hand'
  /** it is on its way from one state to another, and nobody is at work on it */
  | 'stuck'
  /** its disk cannot be used, or is not there */
  | 'unusable'
  | 'disk-owner'
  | 'disk-leaks'
  | 'host-key'
  | 'known-hosts'
  | 'directory-mode';

export interface VmProblem extends Problem {
  readonly kind: VmProblemKind;
  readonly vmId: string;
  readonly vmName: string;
}

type Words = Pick<VmProblem, 'status' | 'repairable'> & {
  readonly why: string;
  readonly fix: (vm: string) => string;
};

const BY_FIX = 'banger doctor --fix';

/** What each means for the user, and what to do. */
const WORDS: Readonly<Record<VmProblemKind, Words>> = {
  'machine-gone': {
    status: 'fail',
    repairable: true,
    why: 'the books say that it runs, and nothing does',
    fix: (vm) => `${BY_FIX} marks it as failed; then start it again: banger vm start ${vm}`,
  },
  'sockets-gone': {
    status: 'fail',
    repairable: true,
    why: 'the next daemon could not take it up again, and nothing could be asked of it',
    fix: (vm) => `shut it down and start it again: banger vm restart ${vm}; ${BY_FIX} shuts it down`,
  },
  'not-in-hand': {
    status: 'fail',
    repairable: true,
    why: 'no command can be run in it and it cannot be shut down as usual',
    fix: (vm) => `${BY_FIX} shuts it down; then start it again: banger vm start ${vm}`,
  },
  stuck: {
    status: 'fail',
    repairable: true,
    why: 'whatever was doing this has ended without a result',
    fix: () => BY_FIX,
  },
  unusable: {
    status: 'fail',
    repairable: true,
    why: 'the VM cannot be started, and what was on its disk may be lost',
    fix: (vm) => `put the disk back from a copy, or delete the VM: banger vm delete ${vm}`,
  },
  'disk-owner': {
    status: 'fail',
    repairable: true,
    why: 'its hypervisor runs as that user alone and could not open it',
    fix: () => BY_FIX,
  },
  'disk-leaks': {
    status: 'warn',
    repairable: true,
    why: 'it takes more space than it needs; its content is whole',
    fix: () => BY_FIX,
  },
  'host-key': {
    status: 'fail',
    repairable: true,
    why: 'without it the VM cannot be started',
    fix: () => `${BY_FIX} takes it from the VM's identity, or makes a new one`,
  },
  'known-hosts': {
    status: 'warn',
    repairable: true,
    why: 'ssh would not know the guest by it',
    fix: () => BY_FIX,
  },
  'directory-mode': {
    status: 'fail',
    repairable: true,
    why: 'its hypervisor, which runs as a user of its own, could not reach the disk, or others could',
    fix: () => BY_FIX,
  },
};

/** @param finding how it shows: `its disk is missing` */
export function vmProblem(
  vm: { readonly id: string; readonly name: string },
  kind: VmProblemKind,
  finding: string,
  changes: Partial<Problem> = {},
): VmProblem {
  const { status, repairable, why, fix } = WORDS[kind];
  const what = `VM ${vm.name}: ${finding}`;
  return { kind, vmId: vm.id, vmName: vm.name, status, what, why, fix: fix(vm.name), repairable, ...changes };
}
