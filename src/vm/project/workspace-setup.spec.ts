import { describe, expect, it } from 'vitest';
import type { OperationContext, StepContext } from '../../core/operations/index.js';
import type { Vm } from '../vm.types.js';
import { GuestRunner } from './guest-run.js';
import type { GuestRun, GuestRunEnd } from './guest-run.js';
import { WorkspaceSetup } from './workspace-setup.js';

const LOG = '/var/log/banger/workspace-setup/root/shop.log';

async function setup(end: GuestRunEnd): Promise<{ result: unknown; warnings: string[]; runs: GuestRun[] }> {
  const runs: GuestRun[] = [];
  const warnings: string[] = [];
  class FakeRunner extends GuestRunner {
    override async run(_vm: Vm, run: GuestRun): Promise<GuestRunEnd> {
      runs.push(run);
      return end;
    }
  }
  const operation = {
    warn: (text: string) => warnings.push(text),
    step: (_name: string, _title: string, body: (step: StepContext) => Promise<unknown>) =>
      body({ detail: () => undefined }),
  } as unknown as OperationContext;
  const sut = new WorkspaceSetup(new FakeRunner(undefined as never));
  const result = await sut.run({} as Vm, { guestPath: '/root/shop', setup: 'npm ci' }, operation);
  return { result, warnings, runs };
}

describe('the setup of a repository', () => {
  it('runs there, and says where its output is', async () => {
    const { result, warnings, runs } = await setup({ exitCode: 0, outputTail: 'fine\n' });
    expect(result).toEqual({ exitCode: 0, log: LOG });
    expect(warnings).toEqual([]);
    expect(runs).toMatchObject([{ cwd: '/root/shop' }]);
    expect(runs[0]?.command.slice(-2)).toEqual([LOG, 'npm ci']);
  });

  it.each<[GuestRunEnd, number | null, string]>([
    [
      { exitCode: 3, outputTail: 'a\nb\nc\nd\ne\nf\n' },
      3,
      `the setup of the repository /root/shop failed with status 3: b / c / d / e / f; all that it wrote is in the VM: ${LOG}`,
    ],
    [
      { exitCode: null, stoppedBy: 'time', outputTail: '' },
      null,
      `the setup of the repository /root/shop took longer than 60 minutes and was ended; all that it wrote is in the VM: ${LOG}`,
    ],
    [
      { exitCode: null, stoppedBy: 'connection', outputTail: 'x' },
      null,
      `the setup of the repository /root/shop is out of sight, as the connection to the VM was lost: x; all that it wrote is in the VM: ${LOG}`,
    ],
  ])('that ends with %j is told, and fails nothing', async (end, exitCode, warning) => {
    const { result, warnings } = await setup(end);
    expect(result).toEqual({ exitCode, log: LOG });
    expect(warnings).toEqual([warning]);
  });
});
