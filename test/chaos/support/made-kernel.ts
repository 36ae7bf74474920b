import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ImageView, KernelView } from '../../../src/contract/index.js';
import type { ChaosHost } from './chaos-host.js';
import { Made } from './made.js';

export interface KernelExpectation {
  /** of `kernel list` */
  readonly view: object;
  /** of which an image can be made with it */
  readonly rootfs: string;
}

/** A kernel: a whole one has the digest that it had before, and an image is made with it. */
export class MadeKernel extends Made<KernelView> {
  #digest: string | undefined;

  constructor(
    chaos: ChaosHost,
    name: string,
    command: readonly string[],
    private readonly expected: KernelExpectation,
  ) {
    super(chaos, 'kernel', name, command);
  }

  protected override async check(view: KernelView): Promise<void> {
    this.#digest ??= view.digest;
    expect(view).toMatchObject({ ...this.expected.view, digest: this.#digest, usedBy: [] });
    const directory = join(this.chaos.host.stateDirectory, 'kernels', view.id);
    const modules = execFileSync('tar', ['-tf', join(directory, 'modules.tar')], { encoding: 'utf8' });
    expect(modules).toContain(`usr/lib/modules/${view.version}/modules.dep\n`);
    const register = ['image', 'register', 'user', '--rootfs', this.expected.rootfs, '--kernel', this.name];
    expect(await this.chaos.json<ImageView>(register)).toMatchObject({ kernelVersion: view.version });
    await this.chaos.succeed(['image', 'delete', 'user']);
  }
}
