import { BangerError } from '../../core/errors/index.js';

export class KernelNotFoundError extends BangerError<'KERNEL_NOT_FOUND'> {
  constructor(kernel: string, available: string[]) {
    super('KERNEL_NOT_FOUND', `there is no kernel "${kernel}"`, {
      details: { kernel, available },
      why: available.length === 0 ? 'none has been pulled yet' : `there are: ${available.join(', ')}`,
      fix:
        available.length === 0
          ? 'get one: banger kernel pull'
          : 'name one of these, or get one: banger kernel pull',
    });
  }
}

export class KernelInUseError extends BangerError<'KERNEL_IN_USE'> {
  constructor(kernel: string, images: string[]) {
    super('KERNEL_IN_USE', `the kernel "${kernel}" is in use`, {
      details: { kernel, images },
      why: `${images.length === 1 ? 'this image has' : 'these images have'} it: ${images.join(', ')}`,
      fix: `delete the image${images.length === 1 ? '' : 's'} first: banger image delete ${images.join(' ')}`,
    });
  }
}
