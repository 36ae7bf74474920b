import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { expect } from 'vitest';
import { ProcessModule, ProcessRunner } from '../../../src/core/process/index.js';
import type { ProcessIdentity } from '../../../src/core/process/index.js';
import { HypervisorModule } from '../../../src/vm/hypervisor/hypervisor.module.js';
import { Hypervisor } from '../../../src/vm/hypervisor/hypervisor.js';
import type { Machine, MachineSpec } from '../../../src/vm/hypervisor/hypervisor.js';
import { requireGuestImage } from '../../support/guest-image.js';
import { freePort } from '../../support/free-port.js';

export const ROOT = process.getuid?.() === 0;
export const VMM_UID = 789_901;

/** A hypervisor, one VM's directory, and the promise that no process of it is left. */
export class HypervisorHarness {
  readonly spawned: ProcessIdentity[] = [];

  private constructor(
    readonly hypervisor: Hypervisor,
    readonly runner: ProcessRunner,
    readonly directory: string,
  ) {}

  static async open(): Promise<HypervisorHarness> {
    const module = await Test.createTestingModule({ imports: [ProcessModule, HypervisorModule] }).compile();
    const directory = await mkdtemp(join(tmpdir(), 'bgr-vm-'));
    return new HypervisorHarness(module.get(Hypervisor), module.get(ProcessRunner), directory);
  }

  get id(): string {
    return this.directory.slice(-6);
  }

  async close(): Promise<void> {
    const left = await this.processes();
    for (const identity of left) {
      await this.runner.signal(identity, 'SIGKILL');
      await this.runner.waitForExit(identity, { timeoutMs: 10_000 });
    }
    await rm(this.directory, { recursive: true, force: true });
    expect(left).toEqual([]);
  }

  processes(): Promise<ProcessIdentity[]> {
    return this.runner.findByArgument(this.hypervisor.processMarker(this.id));
  }

  async spec(changes: Partial<MachineSpec> = {}): Promise<MachineSpec> {
    const image = await requireGuestImage();
    const disk = join(this.directory, 'disk.qcow2');
    await this.runner.run({
      file: 'qemu-img',
      args: ['create', '-q', '-f', 'qcow2', '-b', image.rootPath, '-F', 'raw', disk],
    });
    const runtimeDirectory = join(this.directory, 'run');
    await mkdir(runtimeDirectory, { mode: 0o700 });
    if (ROOT) {
      await chmod(this.directory, 0o755);
      for (const path of [disk, runtimeDirectory]) await chown(path, VMM_UID, VMM_UID);
    }
    return {
      id: this.id,
      name: 'test',
      cpus: 1,
      memoryMib: 512,
      kernelPath: image.kernelPath,
      initrdPath: image.initrdPath,
      // Without an identity drive there is no host key, and sshd would be restarted again and again.
      bootArguments: [...image.bootArguments, 'systemd.mask=ssh.service'],
      drives: [{ serial: 'bgr-root', path: disk, format: 'qcow2', readOnly: false }],
      nics: [
        {
          type: 'user',
          mac: '52:54:00:12:34:56',
          forwards: [
            { hostAddress: '127.0.0.1', hostPort: await freePort(), guestPort: 22, protocol: 'tcp' },
          ],
        },
      ],
      consolePath: join(this.directory, 'console.log'),
      logPath: join(this.directory, 'vmm.log'),
      runtimeDirectory,
      ...(ROOT && { uid: VMM_UID }),
      ...changes,
    };
  }

  /** A machine whose kernel finds no root: enough for what the VMM does by itself. */
  deadMachine(changes: Partial<MachineSpec> = {}): Promise<MachineSpec> {
    return this.spec({ bootArguments: ['quiet', 'root=/dev/none'], ...changes });
  }

  launch(machine: MachineSpec, signal: AbortSignal = AbortSignal.timeout(60_000)): Promise<Machine> {
    return this.hypervisor.launch(machine, {
      signal,
      onSpawn: (identity) => {
        this.spawned.push(identity);
        return Promise.resolve();
      },
    });
  }
}
