import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsIP,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { FailureView, IsEnvironment, IsLabels, MAX_LABELS } from './common.dto.js';
import {
  BRANCH_MESSAGE,
  BRANCH_NAME_PATTERN,
  RESTART_POLICIES,
  VM_NAME_PATTERN,
  WORKSPACE_MODES,
} from './names.js';
import type { WorkspaceMode } from './names.js';

export const VM_STATES = [
  'creating',
  'starting',
  'running',
  'stopping',
  'stopped',
  'suspended',
  'failed',
  'deleting',
] as const;
export type VmState = (typeof VM_STATES)[number];

export class VmRef {
  /** name, id, or a prefix of an id that only one VM has */
  @IsString() @Length(1, 64) vm!: string;
}

export type RestartPolicy = (typeof RESTART_POLICIES)[number];

/** A port of the guest that is reached on the host. */
export class PublishedPort {
  /** IPv4 address of the host that it listens on */
  @IsIP(4) hostAddress!: string;
  @IsInt() @Min(1) @Max(65535) hostPort!: number;
  @IsInt() @Min(1) @Max(65535) guestPort!: number;
  @IsIn(['tcp', 'udp']) protocol!: 'tcp' | 'udp';
}

export const MAX_PUBLISHED_PORTS = 64;
/** `seconds`: a year; longer is most likely a mistake in the unit */
const MAX_SECONDS = 366 * 24 * 3600;

/** What a VM is given when it is made, and what can be changed later, besides its size. */
export class LifeSettings {
  /** `vm.set` adds them to those that the VM has */
  @IsOptional() @IsLabels() labels?: Record<string, string>;
  /** `vm.set` adds them; one with the host port and protocol of another takes its place */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_PUBLISHED_PORTS)
  @ValidateNested({ each: true })
  @Type(() => PublishedPort)
  publishedPorts?: PublishedPort[];
  /** `seconds` from now until the VM is deleted; 0 for never */
  @IsOptional() @IsInt() @Min(0) @Max(MAX_SECONDS) ttlSeconds?: number;
  /** `seconds` without use after which the VM is stopped; 0 for never */
  @IsOptional() @IsInt() @Min(0) @Max(MAX_SECONDS) idleStopSeconds?: number;
  @IsOptional() @IsIn(RESTART_POLICIES) restartPolicy?: RestartPolicy;
}

export class VmSettings extends LifeSettings {
  @IsOptional() @IsInt() cpus?: number;
  @IsOptional() @IsInt() memoryMib?: number;
  /** root disk */
  @IsOptional() @IsInt() diskMib?: number;
  /** work disk, mounted at /root */
  @IsOptional() @IsInt() workDiskMib?: number;
}

function IsVmName(): PropertyDecorator {
  return Matches(VM_NAME_PATTERN, {
    message: 'name must be 1 to 63 of a-z, 0-9 and -, begin with a letter and not end with -',
  });
}

/** How a repository goes into a VM; what is left out is as the project file has it, or else as said here. */
export class WorkspaceSource {
  /** absolute path on the host, inside the git repository to import */
  @IsString() @Length(1, 4096) path!: string;
  /** whether the repository's .banger.toml counts; true when left out */
  @IsOptional() @IsBoolean() projectFile?: boolean;
  /** where it comes to lie in the guest: absolute, or below /root; `/root/<name of the repository>` when left out */
  @IsOptional() @IsString() @Length(1, 1024) @Matches(/^[^\0\n]+$/) at?: string;
  /** a branch that is made in the guest and checked out there; the host's own when left out */
  @IsOptional() @Matches(BRANCH_NAME_PATTERN, { message: BRANCH_MESSAGE }) branch?: string;
  /** commit, branch or tag of the repository to import, without what is not committed; what is checked out, with it, when left out */
  @IsOptional() @IsString() @Length(1, 512) @Matches(/^[^\0\n-][^\0\n]*$/) from?: string;
  /** `shallow` when left out */
  @IsOptional() @IsIn(WORKSPACE_MODES) mode?: WorkspaceMode;
  /** commits of history in mode `shallow`; 1 when left out */
  @IsOptional() @IsInt() @Min(1) @Max(100_000) depth?: number;
  /** files that git neither tracks nor ignores; true when left out */
  @IsOptional() @IsBoolean() includeUntracked?: boolean;
  /** files, tracked or not, that do not go into the VM: patterns as in .gitignore */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(256)
  @IsString({ each: true })
  @Length(1, 1024, { each: true })
  @Matches(/^[^\0\n]+$/, { each: true })
  exclude?: string[];
  /** nothing in the guest may write it */
  @IsOptional() @IsBoolean() readonly?: boolean;
}

/** Who commits, as git knows them. */
export class GitIdentity {
  @IsOptional() @Matches(/^[^\p{C}]{1,200}$/u) name?: string;
  @IsOptional() @Matches(/^[^\p{C}]{1,200}$/u) email?: string;
}

/** What a new VM is given that begins as another one. */
export class CreationSettings extends LifeSettings {
  /** made up when left out */
  @IsOptional() @IsVmName() name?: string;
}

export class VmCreateParams extends VmSettings {
  /** made up when left out */
  @IsOptional() @IsVmName() name?: string;
  @IsOptional() @IsString() @Length(1, 128) image?: string;
  /** variables that every command in the VM gets */
  @IsOptional() @IsEnvironment() env?: Record<string, string>;
  @IsOptional() @ValidateNested() @Type(() => WorkspaceSource) workspace?: WorkspaceSource;
  /** of who creates the VM; commits in it are theirs unless the daemon's configuration or the guest says otherwise */
  @IsOptional() @ValidateNested() @Type(() => GitIdentity) gitIdentity?: GitIdentity;
  /** the VM lives no longer than the connection that creates it */
  @IsOptional() @IsBoolean() ephemeral?: boolean;
  /** boot, even where a template could be restored */
  @IsOptional() @IsBoolean() cold?: boolean;
}

export class HostPort {
  @IsInt() @Min(1) @Max(65535) hostPort!: number;
  @IsIn(['tcp', 'udp']) protocol!: 'tcp' | 'udp';
}

/** What is left out stays as it is; what is removed is removed before anything is added. */
export class VmSetParams extends VmSettings {
  /** name, id, or a prefix of an id that only one VM has */
  @IsString() @Length(1, 64) vm!: string;
  @IsOptional() @IsVmName() name?: string;
  /** names of labels; one that the VM does not have is no error */
  @IsOptional() @IsArray() @ArrayMaxSize(MAX_LABELS) @IsString({ each: true }) removeLabels?: string[];
  /** published ports; one that the VM does not have is no error */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_PUBLISHED_PORTS)
  @ValidateNested({ each: true })
  @Type(() => HostPort)
  removePorts?: HostPort[];
  @IsOptional() @IsBoolean() removeAllPorts?: boolean;
}

export class VmListParams {
  /** only VMs that have all of these labels: `K=V`, or `K` for any value */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_LABELS)
  @IsString({ each: true })
  @Length(1, 320, { each: true })
  labels?: string[];
}

/** Where work of a VM was brought to on the host. */
export class WorkspaceExportRecord {
  @IsString() branch!: string;
  /** what banger left the branch at: one that is elsewhere by now was moved by somebody else */
  @IsString() commit!: string;
  /** ISO 8601, UTC */
  @IsString() at!: string;
  /** where the repository is, when it is not `hostPath` */
  @IsOptional() @IsString() repository?: string;
}

export class VmWorkspaceView {
  /** where the repository is on the host */
  @IsString() hostPath!: string;
  /** where it is in the guest: `/root/<name>` */
  @IsString() guestPath!: string;
  /** directory within the guest in which commands run: the repository, or the subdirectory that PATH named */
  @IsString() workingDirectory!: string;
  /** commit of the host that was imported, the base of all work; absent for a repository without one */
  @IsOptional() @IsString() head?: string;
  /** branch that was checked out in the guest then */
  @IsOptional() @IsString() branch?: string;
  @IsIn(WORKSPACE_MODES) mode!: WorkspaceMode;
  @IsOptional() @IsBoolean() readonly?: boolean;
  /** `branch` was made for the guest: a repository that is prepared again stays on it */
  @IsOptional() @IsBoolean() ownBranch?: boolean;
  /** patterns of files that were asked to stay out of the VM */
  @IsOptional() @IsArray() @IsString({ each: true }) exclude?: string[];
  /** whether files that git does not track were asked for, where that was said */
  @IsOptional() @IsBoolean() includeUntracked?: boolean;
  /** absent when nothing was brought out yet */
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => WorkspaceExportRecord)
  exports?: WorkspaceExportRecord[];
  /** file of the repository that had a say in how the VM was made; absent when there was none */
  @IsOptional() @IsString() projectFile?: string;
}

export const VM_END_CAUSES = ['failed', 'powered-off', 'idle', 'session-ended'] as const;

/** How a VM went down without anybody having asked for it. */
export class VmEndView {
  /** ISO 8601, UTC */
  @IsString() at!: string;
  /** `failed`: its hypervisor died; `powered-off`: by its guest; `idle`: stopped because nobody used it; `session-ended`: a session was to stop it at its end */
  @IsIn(VM_END_CAUSES) cause!: (typeof VM_END_CAUSES)[number];
  /** for people: `killed by SIGKILL, probably for lack of memory`, `idle for 30m` */
  @IsString() reason!: string;
}

export class PendingNumber {
  /** what the running machine has */
  @IsInt() now!: number;
  /** what it gets at its next start */
  @IsInt() next!: number;
}

export class PendingText {
  /** what the running machine has */
  @IsString() now!: string;
  /** what it gets at its next start */
  @IsString() next!: string;
}

/** Settings that wait for the next start. */
export class VmPending {
  @IsOptional() @ValidateNested() @Type(() => PendingNumber) cpus?: PendingNumber;
  @IsOptional() @ValidateNested() @Type(() => PendingNumber) memoryMib?: PendingNumber;
  /** the guest's file system, while its drive may be as large already */
  @IsOptional() @ValidateNested() @Type(() => PendingNumber) diskMib?: PendingNumber;
  @IsOptional() @ValidateNested() @Type(() => PendingNumber) workDiskMib?: PendingNumber;
  /** what the guest calls itself */
  @IsOptional() @ValidateNested() @Type(() => PendingText) hostName?: PendingText;
}

export const VM_CONDITIONS = ['halted', 'disk-space-low'] as const;

/** Something that keeps a VM that runs from running well, whatever its state. */
export class VmConditionView {
  @IsIn(VM_CONDITIONS) kind!: (typeof VM_CONDITIONS)[number];
  @IsString() message!: string;
  @IsString() fix!: string;
  /** ISO 8601, UTC */
  @IsOptional() @IsString() since?: string;
}

export class VmView {
  @IsString() id!: string;
  @IsString() name!: string;
  @IsIn(VM_STATES) state!: VmState;
  @IsString() image!: string;
  @IsInt() cpus!: number;
  @IsInt() memoryMib!: number;
  /** root disk */
  @IsInt() diskMib!: number;
  /** work disk, mounted at /root; absent when it has none */
  @IsOptional() @IsInt() workDiskMib?: number;
  @IsString() diskBackend!: string;
  @IsObject() labels!: Record<string, string>;
  @IsArray() @ValidateNested({ each: true }) @Type(() => PublishedPort) publishedPorts!: PublishedPort[];
  @IsOptional() @IsInt() ttlSeconds?: number;
  /** ISO 8601, UTC: the VM is deleted then */
  @IsOptional() @IsString() expiresAt?: string;
  @IsOptional() @IsInt() idleStopSeconds?: number;
  /** ISO 8601, UTC: the VM is stopped then, unless somebody uses it before; absent while it is used */
  @IsOptional() @IsString() idleStopAt?: string;
  @IsIn(RESTART_POLICIES) restartPolicy!: RestartPolicy;
  /** automatic restarts in a row */
  @IsInt() restarts!: number;
  /** ISO 8601, UTC: the next automatic restart */
  @IsOptional() @IsString() restartAt?: string;
  /** what of this the running machine does not have yet; absent when it has all */
  @IsOptional() @ValidateNested() @Type(() => VmPending) pending?: VmPending;
  @IsObject() env!: Record<string, string>;
  @IsBoolean() ephemeral!: boolean;
  @IsIn(['qemu', 'firecracker']) hypervisor!: 'qemu' | 'firecracker';
  @IsOptional() @IsIn(['kvm', 'tcg']) accelerator?: 'kvm' | 'tcg';
  /** process id of the VMM while it runs */
  @IsOptional() @IsInt() pid?: number;
  /** loopback port that leads to the guest's SSH server while it runs */
  @IsOptional() @IsInt() sshPort?: number;
  /** its repositories; commands run in the first */
  @IsArray() @ValidateNested({ each: true }) @Type(() => VmWorkspaceView) workspaces!: VmWorkspaceView[];
  /** why it is in the state `failed`, or why it stopped by itself */
  @IsOptional() @ValidateNested() @Type(() => FailureView) error?: FailureView;
  /** of a VM that runs; absent when all is well */
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => VmConditionView)
  conditions?: VmConditionView[];
  /** ISO 8601, UTC */
  @IsString() createdAt!: string;
  @IsOptional() @IsString() startedAt?: string;
  /** when it last stopped or failed */
  @IsOptional() @IsString() stoppedAt?: string;
  /** how it last went down by itself; gone again when the user stops it */
  @IsOptional() @ValidateNested() @Type(() => VmEndView) lastEnd?: VmEndView;
}

export class VmPrunableParams extends VmListParams {
  /** `seconds` that a VM must have been down for */
  @IsOptional() @IsInt() @Min(0) olderThanSeconds?: number;
}

export class VmPrunableView {
  @ValidateNested() @Type(() => VmView) vm!: VmView;
  /** `bytes` of disk that its deletion gives back */
  @IsInt() allocatedBytes!: number;
}

export class VmStopParams extends VmRef {
  /** `seconds` given to the guest before it is killed; 30 when left out */
  @IsOptional() @IsNumber() @Min(0) @Max(3600) timeoutSeconds?: number;
}

export class VmDeleteParams extends VmRef {
  /** delete it even while it runs */
  @IsOptional() @IsBoolean() force?: boolean;
}
