import { beforeEach, describe, expect, it } from 'vitest';
import { CancelledError, DiskFullError } from '../../core/errors/index.js';
import type { BangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { PortTakenError } from '../../host/index.js';
import type { BootableImage } from '../../image/index.js';
import { VmmProtocolError } from '../hypervisor/hypervisor.errors.js';
import type { RestorePoint } from '../saving/restore-point.js';
import { TemplateDamagedError } from '../templates/template.errors.js';
import type { Templates, UsableTemplate } from '../templates/templates.js';
import type { DiskBases } from '../vm-disks.js';
import { VmBootFailedError } from '../vm.errors.js';
import type { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import type { BootService } from './boot.service.js';
import type { CreateRequest } from './create-request.js';
import { FirstStart } from './first-start.js';
import type { MachineTeardown } from './machine-teardown.js';
import type { VmStorage } from './vm-storage.js';

const VM = { id: 'vm_web', name: 'web' } as Vm;
const ADOPTER = 'digest';
const IMAGE = { id: 'img_one', rootPath: '/image/root', rootFormat: 'raw', workPath: '/image/work' };
const SAVED = { memoryPath: '/template/memory', statePath: '/template/state' };
const BASES: DiskBases = {
  root: { path: '/template/root.qcow2', format: 'qcow2' },
  work: undefined,
  mayGo: true,
};
const PORT = { hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80, protocol: 'tcp' } as const;
const REFUSED = new VmBootFailedError({
  vm: 'web',
  stage: 'it did not take on its identity',
  consoleTail: '',
  why: 'status 1: clock_settime',
});

describe('the first start of a VM', () => {
  /** what was asked of others, in order */
  let done: string[];
  let warnings: string[];
  let hasTemplate: boolean;
  let damaged: BangerError | undefined;
  /** thrown by the step of this name, when a template is used */
  let failures: Partial<Record<'store' | 'boot' | 'end', Error>>;
  let cancel: AbortController;
  let start: FirstStart;

  beforeEach(() => {
    [done, warnings, hasTemplate, damaged, failures] = [[], [], true, undefined, {}];
    cancel = new AbortController();
    const note = (what: string, error?: Error): void => {
      done.push(what);
      if (error !== undefined) throw error;
    };
    const template: UsableTemplate = {
      id: 'tpl_a',
      shape: {} as UsableTemplate['shape'],
      saved: SAVED,
      adopter: ADOPTER,
      bases: BASES,
      release: async () => note('release'),
    };
    const templates = {
      take: async (_vm: Vm, onDamaged: (error: BangerError) => void) => {
        note('take');
        if (damaged !== undefined) onDamaged(damaged);
        return hasTemplate && damaged === undefined ? template : undefined;
      },
      fail: async (id: string) => note(`fail ${id}`),
      succeed: ({ id }: UsableTemplate) => note(`succeed ${id}`),
    };
    const storage = {
      make: async (_request: CreateRequest, bases: DiskBases) => {
        note(`disks of ${bases.root.path}`, bases.mayGo ? failures.store : undefined);
        return { ...VM, uid: 780_001 };
      },
    };
    const boot = {
      boot: async (vm: Vm, _image: BootableImage, _operation: OperationContext, from?: RestorePoint) => {
        note(
          `boot ${from?.source.memoryPath ?? 'from nothing'}`,
          from === undefined ? undefined : failures.boot,
        );
        return { ...vm, sshPort: 22_000 };
      },
    };
    const teardown = { end: async ({ id }: Vm) => note(`end ${id}`, failures.end) };
    start = new FirstStart(
      templates as unknown as Templates,
      storage as unknown as VmStorage,
      boot as unknown as BootService,
      teardown as unknown as MachineTeardown,
      { require: async () => VM } as unknown as VmRepository,
    );
  });

  function run(cold = false): Promise<{ vm: Vm; booted: boolean }> {
    const operation = {
      signal: cancel.signal,
      warn: (message: string) => warnings.push(message),
      step: (_name: string, _title: string, body: () => Promise<unknown>) => body(),
    };
    const request = { vm: VM, image: IMAGE, cold } as CreateRequest;
    return start.run(request, operation as unknown as OperationContext);
  }

  const BOOTED = ['disks of /image/root', 'boot from nothing'];
  const RESTORED = ['take', 'disks of /template/root.qcow2', 'boot /template/memory'];

  it('is a boot where there is no template', async () => {
    hasTemplate = false;
    expect(await run()).toEqual({ vm: { ...VM, uid: 780_001, sshPort: 22_000 }, booted: true });
    expect([done, warnings]).toEqual([['take', ...BOOTED], []]);
  });

  it('goes on from a template where there is one, which stays until it is done', async () => {
    expect(await run()).toEqual({ vm: { ...VM, uid: 780_001, sshPort: 22_000 }, booted: false });
    expect([done, warnings]).toEqual([[...RESTORED, 'succeed tpl_a', 'release'], []]);
  });

  it('is a boot when that is wished, and nobody looks for a template', async () => {
    expect(await run(true)).toMatchObject({ booted: true });
    expect(done).toEqual(BOOTED);
  });

  it('is a boot when the template is damaged, and says so', async () => {
    damaged = new TemplateDamagedError('tpl_a', 'img_one', '/template/state is missing');
    expect(await run()).toMatchObject({ booted: true });
    expect(done).toEqual(['take', ...BOOTED]);
    expect(warnings).toEqual([expect.stringMatching(/deleted: .*state is missing \(its files were changed/)]);
  });

  it('is a boot when the template is of no use, of which nothing is left then', async () => {
    failures.boot = REFUSED;
    expect(await run()).toMatchObject({ booted: true });
    expect(done).toEqual([...RESTORED, 'end vm_web', 'fail tpl_a', 'release', ...BOOTED]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^booted, since its template .*take on its identity.*\(status 1: clock_settime\)$/,
      ),
    ]);
  });

  it.each([
    ['a restore that the VMM refuses', new VmmProtocolError('migrate-incoming', 'bad section')],
    ['a file that is gone', Object.assign(new Error('no such file'), { code: 'ENOENT' })],
  ])('is a boot after %s', async (_what, error) => {
    failures.boot = error;
    expect(await run()).toMatchObject({ booted: true });
    expect(warnings).toEqual([expect.stringContaining(error.message)]);
  });

  it('is a boot when not even the disks could be made of the template', async () => {
    failures.store = new VmmProtocolError('disks', 'no');
    expect(await run()).toMatchObject({ booted: true });
    expect(done).toEqual([...RESTORED.slice(0, 2), 'end vm_web', 'fail tpl_a', 'release', ...BOOTED]);
  });

  it.each([
    ['the disk is full', new DiskFullError('/state')],
    ['a port is taken', new PortTakenError(PORT, {})],
    ['it is cancelled', new CancelledError('vm.create of web')],
  ])('fails without blame for the template when %s', async (_what, error) => {
    failures.boot = error;
    await expect(run()).rejects.toBe(error);
    expect([done, warnings]).toEqual([[...RESTORED, 'release'], []]);
  });

  it('fails without blame for the template once it is cancelled, whatever fails then', async () => {
    failures.boot = REFUSED;
    cancel.abort(new CancelledError('vm.create of web'));
    await expect(run()).rejects.toBe(REFUSED);
    expect([done, warnings]).toEqual([[...RESTORED, 'release'], []]);
  });

  it('does not boot beside a machine that cannot be ended', async () => {
    failures.boot = REFUSED;
    failures.end = new VmmProtocolError('quit', 'it hangs');
    await expect(run()).rejects.toBe(failures.end);
    expect(done).toEqual([...RESTORED, 'end vm_web', 'release']);
  });
});
