import { Injectable } from '@nestjs/common';
import { KernelStep } from '../kernel/kernel-step.js';
import { PackageStep } from './package-step.js';
import { RootStep } from './root-step.js';

/** What a build does after it is planned, in this order. */
@Injectable()
export class ImageSteps {
  constructor(
    readonly packages: PackageStep,
    readonly kernel: KernelStep,
    readonly root: RootStep,
  ) {}
}
