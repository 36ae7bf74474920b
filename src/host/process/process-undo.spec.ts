import { beforeEach, describe, expect, it } from 'vitest';
import { FakeProcessRunner } from '../../../test/support/fakes/fake-process-runner.js';
import type { LedgerEntry } from '../../core/operations/index.js';
import { killRecordedProcess } from './process-undo.js';

const QEMU = '/usr/bin/qemu-system-x86_64';
const RECORDED = { pid: 100, startTicks: 5, executable: QEMU };
const UNRECORDED = { pid: 200, startTicks: 6, executable: QEMU };
const REUSED_PID = { pid: 100, startTicks: 9, executable: '/usr/bin/vim' };

function entry(data: Record<string, unknown>): LedgerEntry {
  return {
    id: 'res_1',
    kind: 'process',
    key: 'vm_1',
    owner: { type: 'vm', id: 'vm_1' },
    data,
    createdAt: new Date(0),
  };
}

describe('killRecordedProcess', () => {
  let processes: FakeProcessRunner;
  beforeEach(() => {
    processes = new FakeProcessRunner();
  });

  it('kills the recorded process', async () => {
    processes.alive.add(RECORDED).add(UNRECORDED);
    await killRecordedProcess(processes, entry({ marker: 'bgr-vm_1', process: RECORDED }));
    expect(processes.signalled).toEqual([[100, 'SIGKILL']]);
  });

  it('finds by its marker one whose pid was never recorded, and kills each process once', async () => {
    processes.alive.add(RECORDED).add(UNRECORDED);
    processes.byArgument.set('bgr-vm_1', [UNRECORDED, RECORDED]);
    await killRecordedProcess(processes, entry({ marker: 'bgr-vm_1', process: RECORDED }));
    expect(processes.signalled.toSorted()).toEqual([
      [100, 'SIGKILL'],
      [200, 'SIGKILL'],
    ]);
  });

  it('never touches another process that got the same pid', async () => {
    processes.alive.add(REUSED_PID);
    await killRecordedProcess(processes, entry({ marker: 'bgr-vm_1', process: RECORDED }));
    expect(processes.signalled).toEqual([]);
  });

  it.each([{}, { process: 'nonsense', marker: 7 }, { marker: '' }])(
    'is done when %o names nothing',
    async (data) => {
      await killRecordedProcess(processes, entry(data));
      expect(processes.signalled).toEqual([]);
    },
  );

  it('fails when the process does not go', async () => {
    processes.alive.add(RECORDED);
    processes.stuck.add(RECORDED);
    await expect(killRecordedProcess(processes, entry({ process: RECORDED }))).rejects.toMatchObject({
      kind: 'TIMEOUT',
      message: 'the end of process 100 took longer than 10 s',
    });
  });
});
