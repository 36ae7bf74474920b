import { dirname } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { SshConfigView } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmRepository } from '../vm.repository.js';
import { sshConfigText } from './ssh-config-text.js';

/** `ms`; for what somebody has done to the file */
const EVERY_MS = 10_000;

/**
 * Keeps the file by which `ssh NAME.vm` works as the VMs are. A change of a VM has come about when the file says so:
 * who has been told that a VM is there finds it.
 */
@Injectable()
export class SshConfigFile implements OnApplicationBootstrap {
  readonly #round: () => Promise<void>;
  #writing: Promise<void> | undefined;
  #again: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly vms: VmRepository,
    private readonly access: GuestAccess,
    private readonly files: VmFiles,
    jobs: Jobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#round = jobs.define('ssh-config', () => this.#write());
  }

  async onApplicationBootstrap(): Promise<void> {
    this.vms.onChange(() => this.update());
    await this.update();
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.#round();
  }

  /** Resolves when the file is as the VMs were at the call, or later. Never throws: no VM fails for it. */
  update(): Promise<void> {
    if (this.#writing === undefined) return (this.#writing = this.#once());
    // the one under way may have read already what has changed since
    this.#again ??= this.#writing.then(() => {
      this.#again = undefined;
      return (this.#writing = this.#once());
    });
    return this.#again;
  }

  /** Where it is, up to date. */
  async describe(): Promise<SshConfigView> {
    await this.update();
    return { file: this.config.sshConfigPath, identityFile: this.config.daemonKeyPath };
  }

  async #once(): Promise<void> {
    try {
      await this.#write();
    } catch (error) {
      this.logger.error({ err: error }, 'the file for ssh is not up to date');
    } finally {
      this.#writing = undefined;
    }
  }

  async #write(): Promise<void> {
    const path = this.config.sshConfigPath;
    const text = sshConfigText(await this.vms.list(), (vm, port) => this.access.settings(vm, port));
    if ((await this.files.readIfPresent(path)) === text) return;
    await this.files.makeDirectory(dirname(path), 0o755);
    await this.files.write(path, text, { mode: 0o644 });
  }
}
