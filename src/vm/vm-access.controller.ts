import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../contract/index.js';
import { Rpc } from '../core/rpc/index.js';
import type { RpcContext } from '../core/rpc/index.js';
import { GuestAccess } from './access/guest-access.js';
import { CopyFilesService } from './copy-files/copy-files.service.js';
import { ExecService } from './exec/exec.service.js';
import { SshConfigFile } from './ssh-config/ssh-config-file.js';
import { Waking } from './suspend/waking.js';

/** Ways into a VM over RPC; one that is suspended goes on for it. */
@Controller()
export class VmAccessController {
  constructor(
    private readonly waking: Waking,
    private readonly commands: ExecService,
    private readonly copying: CopyFilesService,
    private readonly access: GuestAccess,
    private readonly sshConfig: SshConfigFile,
  ) {}

  @Rpc('vm.exec')
  async exec(params: ParamsOf<'vm.exec'>, context: RpcContext): Promise<ResultOf<'vm.exec'>> {
    return this.commands.grant(await this.waking.awake(params.vm), params, context.ref);
  }

  @Rpc('vm.copy')
  async copy(params: ParamsOf<'vm.copy'>, context: RpcContext): Promise<ResultOf<'vm.copy'>> {
    return this.copying.grant(await this.waking.awake(params.vm), params, context.ref);
  }

  @Rpc('vm.ssh')
  async ssh({ vm }: ParamsOf<'vm.ssh'>): Promise<ResultOf<'vm.ssh'>> {
    return this.access.describe(await this.waking.awake(vm));
  }

  @Rpc('vm.sshConfig')
  async config(): Promise<ResultOf<'vm.sshConfig'>> {
    return this.sshConfig.describe();
  }
}
