import { NoParams } from './common.dto.js';
import { IMAGE_METHODS } from './image.methods.js';
import { call, list, one, stream } from './method.js';
import { OperationEvent, OperationListParams, OperationRef, OperationView } from './operation.dto.js';
import {
  OutputGrant,
  SessionAttachGrant,
  SessionAttachParams,
  SessionDeleteParams,
  SessionListParams,
  SessionLogsParams,
  SessionRef,
  SessionSendParams,
  SessionSignalParams,
  SessionStartParams,
  SessionStopParams,
  SessionView,
} from './session.dto.js';
import {
  VmForkParams,
  VmForkView,
  VmSnapshotCopyParams,
  VmSnapshotCreateParams,
  VmSnapshotRef,
  VmSnapshotRestoreParams,
  VmSnapshotView,
} from './snapshot.dto.js';
import { ConfigView, DoctorReport, HelloView, StopView } from './system.dto.js';
import { ChannelGrant, SshConfigView, VmExecParams, VmSshView } from './vm-access.dto.js';
import { VmCopyParams } from './vm-copy.dto.js';
import {
  VmCreateParams,
  VmDeleteParams,
  VmListParams,
  VmPrunableParams,
  VmPrunableView,
  VmRef,
  VmSetParams,
  VmStopParams,
  VmView,
} from './vm.dto.js';
import {
  VmConsoleChunk,
  VmConsoleEnd,
  VmConsoleParams,
  VmHealthView,
  VmPingView,
  VmPortsView,
  VmStatsParams,
  VmStatsView,
} from './vm-observation.dto.js';
import {
  WorkspaceBundleParams,
  WorkspaceDiffParams,
  WorkspaceExportParams,
  WorkspaceExportView,
  WorkspacePrepareParams,
  WorkspacePrepareView,
  WorkspaceRef,
  WorkspaceStatusView,
} from './workspace.dto.js';

/** The whole public API. A method that is not here does not exist; one that is here must have a handler, or the boot fails. */
export const METHODS = {
  'system.hello': call('Who answers: version, mode, features.', NoParams, one(HelloView)),
  'system.doctor': call('Checks of the host and of banger itself.', NoParams, one(DoctorReport)),
  'system.config': call(
    'The configuration that the daemon runs with, and where each value comes from.',
    NoParams,
    one(ConfigView),
  ),
  'system.repair.begin': call(
    'Begins to put right what the checks find wrong with what is banger’s own; each thing done is a step.',
    NoParams,
    one(OperationView),
  ),
  'system.stop': call('Stops the daemon; running VMs go on.', NoParams, one(StopView)),

  'operation.list': call('Operations, newest first.', OperationListParams, list(OperationView)),
  'operation.get': call('One operation.', OperationRef, one(OperationView)),
  'operation.watch': stream(
    'Follows an operation: its state now, each change, and its end.',
    OperationRef,
    one(OperationEvent),
    one(OperationView),
  ),
  'operation.cancel': call(
    'Cancels an operation and waits until it is undone.',
    OperationRef,
    one(OperationView),
  ),

  ...IMAGE_METHODS,

  'vm.create.begin': call('Begins to create a VM.', VmCreateParams, one(OperationView)),
  'vm.list': call('All VMs, or those with certain labels.', VmListParams, list(VmView)),
  'vm.prunable': call(
    'Stopped and failed VMs, the longest down first, and what deleting each would give back.',
    VmPrunableParams,
    list(VmPrunableView),
  ),
  'vm.get': call('One VM.', VmRef, one(VmView)),
  'vm.start': call('Starts a stopped VM and waits until it answers.', VmRef, one(VmView)),
  'vm.stop': call('Shuts a VM down; kills it when it does not obey in time.', VmStopParams, one(VmView)),
  'vm.restart': call(
    'Shuts a VM down and starts it again, as one change; starts one that is stopped.',
    VmStopParams,
    one(VmView),
  ),
  'vm.suspend': call(
    'Puts what a VM has in memory on the disk, and ends its machine; to exec or ssh into it resumes it.',
    VmRef,
    one(VmView),
  ),
  'vm.resume': call('Has a suspended VM go on where it was.', VmRef, one(VmView)),
  'vm.fork': call(
    'Makes copies of a VM that runs, each of which goes on from the same moment as a VM of its own.',
    VmForkParams,
    one(VmForkView),
  ),
  'vm.snapshot.create': call(
    'Keeps what a VM is at this moment: disks, and memory if it runs.',
    VmSnapshotCreateParams,
    one(VmSnapshotView),
  ),
  'vm.snapshot.list': call('The snapshots of a VM, oldest first.', VmRef, list(VmSnapshotView)),
  'vm.snapshot.restore': call(
    'Makes a VM what it was at a snapshot; it goes on from there if the snapshot has its memory.',
    VmSnapshotRestoreParams,
    one(VmView),
  ),
  'vm.snapshot.delete': call(
    'Deletes a snapshot. VMs that began as it, and other snapshots, stay whole.',
    VmSnapshotRef,
    one(VmSnapshotView),
  ),
  'vm.snapshot.copy.begin': call(
    'Begins to create a VM that begins as another one was at a snapshot.',
    VmSnapshotCopyParams,
    one(OperationView),
  ),
  'vm.set': call(
    'Changes settings of a VM, at once where that is possible, else from its next start.',
    VmSetParams,
    one(VmView),
  ),
  'vm.kill': call('Ends a VM at once, like pulling the plug.', VmRef, one(VmView)),
  'vm.delete': call('Deletes a VM and everything that belongs to it.', VmDeleteParams, one(VmView)),
  'vm.exec': call(
    'Grants a byte channel on which a command runs in the VM.',
    VmExecParams,
    one(ChannelGrant),
  ),
  'vm.copy': call(
    'Grants a byte channel for one step of copying files into the VM or out of it.',
    VmCopyParams,
    one(ChannelGrant),
  ),
  'vm.ssh': call('What an SSH client needs to reach the VM.', VmRef, one(VmSshView)),
  'vm.sshConfig': call(
    'The file that tells OpenSSH’s client of every VM, as they are now.',
    NoParams,
    one(SshConfigView),
  ),
  'vm.stats': call('What running VMs use, and used in the last hour.', VmStatsParams, list(VmStatsView)),
  'vm.health': call(
    'Whether a VM works: its process, every way into it, clock, disks and memory; within five seconds.',
    VmRef,
    one(VmHealthView),
  ),
  'vm.ping': call('One round trip on each way into a VM, within five seconds.', VmRef, one(VmPingView)),
  'vm.ports': call('What listens in a VM, and where it is reached on the host.', VmRef, one(VmPortsView)),
  'vm.console': stream(
    'The serial console of a VM, of its last start; also when it does not run.',
    VmConsoleParams,
    one(VmConsoleChunk),
    one(VmConsoleEnd),
  ),

  'session.start': call(
    'Starts a command in a VM that goes on whatever becomes of the connection, the client or the daemon.',
    SessionStartParams,
    one(SessionView),
  ),
  'session.list': call(
    'All sessions, or those of one VM, oldest first.',
    SessionListParams,
    list(SessionView),
  ),
  'session.get': call('One session.', SessionRef, one(SessionView)),
  'session.logs': call(
    'Grants a byte channel with what a session has written; also when it has ended, or its VM is down.',
    SessionLogsParams,
    one(OutputGrant),
  ),
  'session.send': call(
    'Grants a byte channel whose input becomes the session’s.',
    SessionSendParams,
    one(ChannelGrant),
  ),
  'session.attach.begin': call(
    'Grants a byte channel that is the session’s terminal, or its input and output: first what its screen shows.',
    SessionAttachParams,
    one(SessionAttachGrant),
  ),
  'session.signal': call('Sends a session a signal.', SessionSignalParams, one(SessionView)),
  'session.stop': call(
    'Ends a session: TERM, and KILL when it does not obey in time.',
    SessionStopParams,
    one(SessionView),
  ),
  'session.kill': call('Ends a session, and all that it has started, at once.', SessionRef, one(SessionView)),
  'session.wait': call('Answers when the session has ended.', SessionRef, one(SessionView)),
  'session.delete': call(
    'Deletes a session that has ended, and its output.',
    SessionDeleteParams,
    one(SessionView),
  ),

  'workspace.prepare': call(
    'Brings a repository of the host into a VM that runs, or what is new in one that was brought there before.',
    WorkspacePrepareParams,
    one(WorkspacePrepareView),
  ),
  'workspace.status': call(
    'What was done in a repository of a VM since it was brought there, and on the host meanwhile.',
    WorkspaceRef,
    one(WorkspaceStatusView),
  ),
  'workspace.diff': call(
    'The work in a repository of a VM as a patch, against what was brought there or the work in another VM.',
    WorkspaceDiffParams,
    one(ChannelGrant),
  ),
  'workspace.bundle': call(
    'The work in a repository of a VM as a bundle, which git fetches from.',
    WorkspaceBundleParams,
    one(ChannelGrant),
  ),
  'workspace.export': call(
    'Brings the work in a repository of a VM into that of the host, as a branch.',
    WorkspaceExportParams,
    one(WorkspaceExportView),
  ),
} as const;

export type Methods = typeof METHODS;
export type MethodName = keyof Methods;

type Unwrap<S> = S extends { readonly type?: infer T } ? Exclude<T, undefined> : never;
export type ParamsOf<M extends MethodName> = InstanceType<Methods[M]['params']>;
export type ResultOf<M extends MethodName> = Unwrap<Methods[M]['result']>;
export type ChunkOf<M extends MethodName> = Unwrap<NonNullable<Methods[M]['chunk']>>;
/** Names of the methods that stream values before they respond. */
export type StreamMethodName = { [M in MethodName]: [ChunkOf<M>] extends [never] ? never : M }[MethodName];
export type CallMethodName = Exclude<MethodName, StreamMethodName>;
