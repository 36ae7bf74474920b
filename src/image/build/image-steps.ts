import { Injectable } from '@nestjs/common';
import { ImageKernel } from '../kernel/image-kernel.js';
import { RecipeSteps } from '../steps/recipe-steps.js';
import { PackageStep } from './package-step.js';
import { RootStep } from './root-step.js';

/** What a build does after it is planned, in this order. */
@Injectable()
export class ImageSteps {
  constructor(
    readonly packages: PackageStep,
    readonly kernel: ImageKernel,
    readonly root: RootStep,
    readonly recipe: RecipeSteps,
  ) {}
}
