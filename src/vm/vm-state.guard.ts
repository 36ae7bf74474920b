import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { VM_STATES } from '../contract/index.js';
import type { VmRef } from '../contract/index.js';
import type { RpcContext } from '../core/rpc/index.js';
import { assertLegal, isVmMethod, VM_METHODS } from './vm.methods.js';
import { VmRepository } from './vm.repository.js';

/** Refuses a method that only looks at or uses a VM when the VM's state does not allow it, before its handler runs. */
@Injectable()
export class VmStateGuard implements CanActivate {
  constructor(private readonly vms: VmRepository) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { method } = context.switchToRpc().getContext<RpcContext>();
    if (!isVmMethod(method)) return true;
    const { changes, in: legal } = VM_METHODS[method];
    // A change is checked under the VM's lock (VmChangeRunner).
    if (changes === true || legal.length === VM_STATES.length) return true;
    const { vm } = context.switchToRpc().getData<VmRef>();
    assertLegal(method, await this.vms.require(vm));
    return true;
  }
}
