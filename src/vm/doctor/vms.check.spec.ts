import { describe, expect, it } from 'vitest';
import type { BookReader, BookVm } from '../../core/database/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { HostBinaryMissingError } from '../../core/process/index.js';
import { VmLocks } from '../vm-locks.js';
import type { VmRepository } from '../vm.repository.js';
import type { VmHands } from './vm-hands.js';
import type { VmInspector } from './vm-inspector.js';
import type { VmMender } from './vm-mender.js';
import { vmProblem } from './vm-problem.js';
import { VmRepair } from './vm-repair.js';
import { VmsCheck } from './vms.check.js';

const NAMES = ['strange', 'no-tool', 'lost'];
const VMS = NAMES.map((name) => ({ id: name, name, state: 'stopped' }));
const hands: VmHands = { has: () => true, isBusy: () => false };

/** One VM that cannot be looked at, one whose disk cannot, and one with something to mend. */
const inspector = {
  inspect: async ({ id, name }: BookVm) => {
    if (id === 'strange') throw new Error('a kind of disk that this version does not have');
    return id === 'lost' ? [vmProblem({ id, name }, 'directory-mode', 'its directory is open')] : [];
  },
  checkDisk: async ({ id }: BookVm) => {
    if (id === 'no-tool') throw new HostBinaryMissingError('qemu-img');
    return [];
  },
} as unknown as VmInspector;

describe('a VM that cannot be looked at', () => {
  it('is told with the reason, and hides none of the others', async () => {
    const books = { read: async () => ({ state: 'readable', rows: { vms: VMS } }) };
    const check = new VmsCheck(books as unknown as BookReader, inspector, hands);
    const { status, problems = [] } = await check.run();
    expect(status).toBe('fail');
    expect(problems.map(({ what }) => what)).toEqual([
      'VM strange: it could not be looked at: a kind of disk that this version does not have',
      'VM lost: its directory is open',
      expect.stringMatching(/^VM no-tool: its disk could not be looked at: .*qemu-img/),
    ]);
  });

  it('keeps the repair from none of the others', async () => {
    const mended: string[] = [];
    const warnings: string[] = [];
    const vms = {
      list: async () => VMS,
      find: async (id: string) => VMS.find((vm) => vm.id === id),
    } as unknown as VmRepository;
    const mender = {
      mend: async ({ vmName, kind }: { vmName: string; kind: string }) => mended.push(`${vmName}: ${kind}`),
    } as unknown as VmMender;
    const repair = new VmRepair(inspector, hands, new VmLocks(), vms, mender);
    const operation = {
      id: 'op',
      signal: new AbortController().signal,
      warn: (message: string) => warnings.push(message),
    };
    await repair.run(operation as unknown as OperationContext);
    expect(mended).toEqual(['lost: directory-mode']);
    expect(warnings).toEqual([
      'VM strange could not be looked at: a kind of disk that this version does not have',
      expect.stringMatching(/^VM no-tool could not be looked at: .*qemu-img/),
    ]);
  });
});
