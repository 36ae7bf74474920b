import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { PublishedPort, VM_STATES, VmRef } from './vm.dto.js';
import type { VmState } from './vm.dto.js';

/** `seconds` of history of one VM */
export const MAX_HISTORY_SECONDS = 3600;

export class VmStatsParams {
  /** name, id, or a prefix of an id; all VMs that run when left out */
  @IsOptional() @IsString() @Length(1, 64) vm?: string;
  /** `seconds` of the past to tell as well: up to an hour of one VM, the last two minutes of all */
  @IsOptional() @IsInt() @Min(1) @Max(MAX_HISTORY_SECONDS) historySeconds?: number;
  /** also measure `memory.proportionalBytes`, which takes the host some milliseconds for each VM */
  @IsOptional() @IsBoolean() proportional?: boolean;
}

export class VmCpuStats {
  /** `s` of CPU time that the VM has cost since it was started */
  @IsNumber() seconds!: number;
  /** CPUs kept busy in the last five seconds: 1.5 is one and a half */
  @IsOptional() @IsNumber() cores?: number;
  /** the same as a share of the VM's CPUs; emulation can take it above 100 */
  @IsOptional() @IsNumber() percent?: number;
}

export class VmMemoryStats {
  /** host memory that the VM's process has in hand (RSS) */
  @IsInt() residentBytes!: number;
  /** the same with shared pages divided among those that share them (PSS) */
  @IsOptional() @IsInt() proportionalBytes?: number;
  /** what the guest's programs and kernel use; told by the guest */
  @IsOptional() @IsInt() guestUsedBytes?: number;
  @IsOptional() @IsInt() guestTotalBytes?: number;
}

/** Since the VM was started. */
export class VmDiskStats {
  @IsOptional() @IsInt() readBytes?: number;
  @IsOptional() @IsInt() writeBytes?: number;
  @IsOptional() @IsInt() readOperations?: number;
  @IsOptional() @IsInt() writeOperations?: number;
  /** what the VM's files take on the host's disk */
  @IsOptional() @IsInt() allocatedBytes?: number;
}

/** Since the VM was started. */
export class VmNetworkStats {
  @IsInt() receivedBytes!: number;
  @IsInt() sentBytes!: number;
  /** who counted: `guest` is the guest's own word, and misses what it did not answer for */
  @IsIn(['host', 'guest']) source!: 'host' | 'guest';
}

/** Columns of equal length, oldest first, one row for every five seconds; null is unknown. Rates are `bytes` per second. */
export class VmStatsHistory {
  /** `ms` since 1970 */
  @IsArray() @IsNumber({}, { each: true }) at!: number[];
  /** CPUs kept busy: 1.5 is one and a half */
  @IsArray() cpuCores!: (number | null)[];
  @IsArray() residentBytes!: (number | null)[];
  @IsArray() guestUsedBytes!: (number | null)[];
  @IsArray() diskReadRate!: (number | null)[];
  @IsArray() diskWriteRate!: (number | null)[];
  @IsArray() networkReceiveRate!: (number | null)[];
  @IsArray() networkSendRate!: (number | null)[];
}

export class VmStatsView {
  @IsString() id!: string;
  @IsString() name!: string;
  @IsIn(VM_STATES) state!: VmState;
  @IsInt() cpus!: number;
  @IsInt() memoryMib!: number;
  /** `seconds` since it was started; absent when it does not run */
  @IsOptional() @IsInt() uptimeSeconds?: number;
  /** ISO 8601, UTC: when the figures were taken; without it there are none (yet) */
  @IsOptional() @IsString() sampledAt?: string;
  @IsOptional() @ValidateNested() @Type(() => VmCpuStats) cpu?: VmCpuStats;
  @IsOptional() @ValidateNested() @Type(() => VmMemoryStats) memory?: VmMemoryStats;
  @IsOptional() @ValidateNested() @Type(() => VmDiskStats) disk?: VmDiskStats;
  @IsOptional() @ValidateNested() @Type(() => VmNetworkStats) network?: VmNetworkStats;
  @IsOptional() @ValidateNested() @Type(() => VmStatsHistory) history?: VmStatsHistory;
}

export const HEALTH_STATUSES = ['ok', 'warn', 'fail'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

export class VmHealthCheck {
  /** stable id, for scripts: `state`, `process`, `control`, `agent`, `ssh`, `clock`, `guest-disk`, `memory`, `host-disk` */
  @IsString() id!: string;
  @IsString() title!: string;
  @IsIn(HEALTH_STATUSES) status!: HealthStatus;
  /** what was found */
  @IsString() detail!: string;
  /** `ms` that the answer took, where something was asked */
  @IsOptional() @IsNumber() latencyMs?: number;
  /** what to do about it */
  @IsOptional() @IsString() fix?: string;
}

export class VmHealthView {
  @IsString() id!: string;
  @IsString() name!: string;
  @IsIn(VM_STATES) state!: VmState;
  /** no check failed */
  @IsBoolean() healthy!: boolean;
  @IsArray() @ValidateNested({ each: true }) @Type(() => VmHealthCheck) checks!: VmHealthCheck[];
}

/** One round trip on each way into a VM. */
export class VmPingView {
  @IsString() name!: string;
  /** `ms` of a question to the hypervisor; absent when it did not answer in time */
  @IsOptional() @IsNumber() controlMs?: number;
  /** `ms` of a question to the guest's agent; absent when it did not answer in time */
  @IsOptional() @IsNumber() agentMs?: number;
  /** `ms` of a command over SSH; absent when it did not end in time */
  @IsOptional() @IsNumber() sshMs?: number;
}

/** Something in the guest that listens. */
export class VmListener {
  @IsIn(['tcp', 'udp']) protocol!: 'tcp' | 'udp';
  /** in the guest: `0.0.0.0`, `::`, `127.0.0.1` */
  @IsString() address!: string;
  @IsInt() port!: number;
  /** name of the process that has it, by the guest's word */
  @IsOptional() @IsString() process?: string;
  @IsOptional() @IsInt() pid?: number;
  /** where it is reached on the host: `127.0.0.1:8080` */
  @IsArray() @IsString({ each: true }) reachable!: string[];
  /** why it is not reached, and what would change that */
  @IsOptional() @IsString() hint?: string;
}

export class VmPortsView {
  @IsString() id!: string;
  @IsString() name!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => VmListener) listeners!: VmListener[];
  /** more listen than are listed */
  @IsBoolean() truncated!: boolean;
  /** published ports behind which nothing listens */
  @IsArray() @ValidateNested({ each: true }) @Type(() => PublishedPort) idle!: PublishedPort[];
}

export const MAX_CONSOLE_LINES = 100_000;

export class VmConsoleParams extends VmRef {
  /** begin with the last so many lines; all that is kept when left out */
  @IsOptional() @IsInt() @Min(0) @Max(MAX_CONSOLE_LINES) lines?: number;
  /** go on with what comes, also over restarts of the VM, until cancelled or the VM is deleted */
  @IsOptional() @IsBoolean() follow?: boolean;
}

export class VmConsoleChunk {
  /** as the guest wrote it, escape sequences included; bytes that are no UTF-8 are replaced */
  @IsString() text!: string;
  /** the VM was started anew: the text before belongs to an earlier run */
  @IsOptional() @IsBoolean() restarted?: boolean;
}

export class VmConsoleEnd {
  @IsString() name!: string;
  /** `end`: of what is kept; `deleted`: the VM is no more */
  @IsIn(['end', 'deleted']) reason!: 'end' | 'deleted';
}
