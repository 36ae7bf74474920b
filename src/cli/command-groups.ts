import type { Provider, Type } from '@nestjs/common';

/** The providers that a top-level command needs beside those that all have. */
type CommandLoader = () => Promise<Provider[]>;

/**
 * Top-level commands, in the order of `--help`. Only the one that argv names is loaded and registered: registering
 * all of them costs more than the whole start-up budget. Help and unknown commands load every one.
 */
export const COMMAND_GROUPS: Readonly<Record<string, CommandLoader>> = {
  quickstart: async () => {
    const { QuickstartCommand } = await import('./quickstart/quickstart.command.js');
    const { QuickstartDaemon } = await import('./quickstart/quickstart-daemon.js');
    const { QuickstartDemonstration } = await import('./quickstart/quickstart-demonstration.js');
    const { QuickstartHost } = await import('./quickstart/quickstart-host.js');
    const { QuickstartSteps } = await import('./quickstart/quickstart-steps.js');
    const { PackageInstaller } = await import('./quickstart/package-installer.js');
    const own = [
      QuickstartHost,
      QuickstartDaemon,
      QuickstartDemonstration,
      QuickstartSteps,
      PackageInstaller,
    ];
    return [
      QuickstartCommand,
      ...own,
      ...(await hostProviders()),
      ...(await guestProviders()),
      await stopperProvider(),
    ];
  },
  vm: async () => {
    const { VM_COMMANDS, VmGroupCommand } = await import('./vm/vm-group.command.js');
    const { FollowedCall } = await import('./operation/followed-call.js');
    const { SessionChannel } = await import('./session/session-channel.js');
    return [
      VmGroupCommand,
      ...VM_COMMANDS,
      FollowedCall,
      SessionChannel,
      await inputProvider(),
      ...(await copyProviders()),
      ...(await guestProviders()),
      await programProvider(),
    ];
  },
  workspace: async () => {
    const { WORKSPACE_COMMANDS, WorkspaceGroupCommand } =
      await import('./workspace/workspace-group.command.js');
    const { FollowedCall } = await import('./operation/followed-call.js');
    return [
      WorkspaceGroupCommand,
      ...WORKSPACE_COMMANDS,
      FollowedCall,
      ...(await downloadProviders()),
      await followerProvider(),
    ];
  },
  image: async () => {
    const { IMAGE_COMMANDS, ImageGroupCommand } = await import('./image/image-commands.js');
    const { RecipeFiles } = await import('./image/recipe-files.js');
    const { RecipeFilesAdapter } = await import('./image/recipe-files.adapter.js');
    const { RecipeSender } = await import('./image/recipe-sender.js');
    return [
      ImageGroupCommand,
      ...IMAGE_COMMANDS,
      RecipeSender,
      { provide: RecipeFiles, useClass: RecipeFilesAdapter },
      ...(await bundleProviders()),
      ...(await downloadProviders()),
      await followerProvider(),
    ];
  },
  kernel: async () => {
    const { KERNEL_COMMANDS, KernelGroupCommand } = await import('./kernel/kernel-commands.js');
    return [KernelGroupCommand, ...KERNEL_COMMANDS, await followerProvider()];
  },
  operation: async () => {
    const { OPERATION_COMMANDS, OperationGroupCommand } = await import('./operation/operation-commands.js');
    return [OperationGroupCommand, ...OPERATION_COMMANDS, await followerProvider()];
  },
  daemon: async () => {
    const { DAEMON_COMMANDS, DaemonGroupCommand } = await import('./daemon/daemon-commands.js');
    const { DaemonLog } = await import('./daemon/daemon-log.js');
    const { DaemonLogAdapter } = await import('./daemon/daemon-log.adapter.js');
    const log = { provide: DaemonLog, useClass: DaemonLogAdapter };
    return [DaemonGroupCommand, ...DAEMON_COMMANDS, log, await stopperProvider()];
  },
  config: async () => {
    const { CONFIG_COMMANDS, ConfigGroupCommand } = await import('./config/config-commands.js');
    return [ConfigGroupCommand, ...CONFIG_COMMANDS];
  },
  'ssh-config': async () => {
    const { SshConfigCommand } = await import('./ssh-config/ssh-config.command.js');
    const { UserSshConfig } = await import('./ssh-config/user-ssh-config.js');
    const { UserSshConfigAdapter } = await import('./ssh-config/user-ssh-config.adapter.js');
    const users = { provide: UserSshConfig, useClass: UserSshConfigAdapter };
    return [SshConfigCommand, users, await programProvider()];
  },
  doctor: async () => {
    const { DoctorCommand } = await import('./system/doctor.command.js');
    const { HostRepair } = await import('./system/host-repair.js');
    return [DoctorCommand, HostRepair, await followerProvider(), ...(await hostProviders())];
  },
  version: async () => {
    const { VersionCommand } = await import('./system/version.command.js');
    return [VersionCommand];
  },
};

/** Providers of the command that the first word names; of all commands when it names none. */
export async function loadCommands(word: string | undefined): Promise<Provider[]> {
  const load = word === undefined ? undefined : COMMAND_GROUPS[word];
  if (load !== undefined && Object.hasOwn(COMMAND_GROUPS, word ?? '')) return await load();
  const all = await Promise.all(Object.values(COMMAND_GROUPS).map((loader) => loader()));
  return withoutRepeats(all.flat());
}

/** A provider listed by two groups must not be found twice. */
function withoutRepeats(providers: Provider[]): Provider[] {
  const tokens = new Set<unknown>();
  return providers.filter((provider) => {
    const token = typeof provider === 'function' ? provider : provider.provide;
    if (tokens.has(token)) return false;
    tokens.add(token);
    return true;
  });
}

async function followerProvider(): Promise<Type> {
  return (await import('./operation/operation-follower.js')).OperationFollower;
}

async function stopperProvider(): Promise<Type> {
  return (await import('./daemon/daemon-stopper.js')).DaemonStopper;
}

async function guestProviders(): Promise<Provider[]> {
  const { GuestCommand } = await import('./guest/guest-command.js');
  const { SessionStarter } = await import('./session/session-starter.js');
  return [GuestCommand, SessionStarter, await followerProvider()];
}

async function copyProviders(): Promise<Provider[]> {
  const { FileCopier } = await import('./copy/file-copier.js');
  const { HostFiles } = await import('./copy/host-files.js');
  const { HostFilesAdapter } = await import('./copy/host-files.adapter.js');
  const { Invocation } = await import('./invocation.js');
  const files = {
    provide: HostFiles,
    inject: [Invocation],
    useFactory: (invocation: InstanceType<typeof Invocation>) => new HostFilesAdapter(invocation.facts),
  };
  return [FileCopier, files];
}

async function inputProvider(): Promise<Provider> {
  const { InputFiles } = await import('./io/input-files.js');
  const { InputFilesAdapter } = await import('./io/input-files.adapter.js');
  return { provide: InputFiles, useClass: InputFilesAdapter };
}

async function downloadProviders(): Promise<Provider[]> {
  const { ByteDownload } = await import('./client/byte-download.js');
  const { OutputFiles } = await import('./io/output-files.js');
  const { OutputFilesAdapter } = await import('./io/output-files.adapter.js');
  return [ByteDownload, { provide: OutputFiles, useClass: OutputFilesAdapter }];
}

async function bundleProviders(): Promise<Provider[]> {
  const { BundleUpload } = await import('./image/bundle-upload.js');
  const { CatalogArguments } = await import('./image/catalog-arguments.js');
  return [BundleUpload, CatalogArguments, await inputProvider()];
}

async function hostProviders(): Promise<Provider[]> {
  return [(await import('./system/host-check.js')).HostCheck, await programProvider()];
}

async function programProvider(): Promise<Provider> {
  const { Program } = await import('./io/program.js');
  const { ProgramAdapter } = await import('./io/program.adapter.js');
  const { Invocation } = await import('./invocation.js');
  return {
    provide: Program,
    inject: [Invocation],
    useFactory: (invocation: InstanceType<typeof Invocation>) => new ProgramAdapter(invocation.facts),
  };
}
