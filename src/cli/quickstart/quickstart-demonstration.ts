import { Injectable } from '@nestjs/common';
import type { RpcClient } from '../client/rpc.js';
import type { CaptureView } from '../guest/captured-output.js';
import { GuestCommand } from '../guest/guest-command.js';
import { exitCodeOfGuest } from '../guest/guest-exit.js';
import type { GuestExit } from '../guest/guest-exit.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';
import { freeName } from './quickstart-daemon.js';
import { parseBootstrapTimes, QuickstartSteps, STEP_INDENT } from './quickstart-steps.js';

const COMMAND = 'uname -a && git log -1 --oneline';

const NEXT_COMMANDS = `  ./banger vm run --rm . -- git status   a fresh VM with a repository, then gone
  ./banger vm run .                      the same with a shell; the VM stays
  ./banger vm list                       what there is
  ./banger doctor                        what this host can do
  ./banger --help                        everything else`;

type GuestResult = GuestExit & CaptureView;

/** The second half of quickstart: an image, a VM with this repository, a command in it. */
@Injectable()
export class QuickstartDemonstration {
  constructor(
    private readonly invocation: Invocation,
    private readonly guest: GuestCommand,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
    private readonly steps: QuickstartSteps,
  ) {}

  async buildImage(client: RpcClient): Promise<void> {
    await this.follower.run(
      client,
      () => client.call('image.build.begin', { keepPackages: true }),
      STEP_INDENT,
    );
  }

  /** An ephemeral VM: it goes with this process, however that ends. Returns its id. */
  async createVm(client: RpcClient): Promise<string> {
    const name = freeName(await client.call('vm.list', {}), 'quickstart');
    const params = { name, ephemeral: true, workspace: { path: this.invocation.facts.rootDirectory } };
    const operation = await this.follower.run(
      client,
      () => client.call('vm.create.begin', params),
      STEP_INDENT,
    );
    return operation.subject.id;
  }

  async runCommand(client: RpcClient, vm: string): Promise<GuestResult> {
    this.steps.say(COMMAND);
    const command = ['sh', '-c', COMMAND];
    const result = await this.guest.capture(client, {
      vm,
      command,
      tty: false,
      term: undefined,
      stdin: false,
    });
    await client.call('vm.delete', { vm, force: true });
    this.steps.say('the VM is deleted again: it was a demonstration');
    return result;
  }

  /** Times and hints first, so that what the guest said is the end of the output. */
  conclude(result: GuestResult): void {
    const { errStyle } = this.presenter;
    const earlier = parseBootstrapTimes(this.invocation.facts.env['BANGER_BOOTSTRAP_TIMES']);
    this.presenter.note(`\n${errStyle.bold('Time')}\n${this.steps.summary(earlier)}`);
    this.presenter.note(`\n${errStyle.bold('Next, try')}\n${NEXT_COMMANDS}`);
    if (result.stderr !== '') this.presenter.warn(`the guest complained: ${result.stderr.trimEnd()}`);
    this.presenter.note(`\n${errStyle.bold('What the VM said')}`);
    this.invocation.exitCode = exitCodeOfGuest(result);
    this.presenter.result({ ...result, steps: [...earlier, ...this.steps.times] }, () => result.stdout);
  }
}
