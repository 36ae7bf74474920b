import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsEnvironment } from './common.dto.js';
import { OUTPUT_STREAMS, SESSION_NAME_PATTERN, SESSION_ON_EXIT, SIGNAL_PATTERN } from './names.js';
import type { OutputStream, SessionOnExit } from './names.js';
import { ChannelGrant, TerminalRequest, TerminalSize } from './vm-access.dto.js';
import { VmRef } from './vm.dto.js';

/** `s`: a year */
const MAX_SECONDS = 31_536_000;

/**
 * `starting` passes. `running`: the command runs, or its VM is suspended. `exited`: it ended by itself, by a signal, or at
 * its time limit. `failed`: it could not go on, `reason` says why. `lost`: its end was not seen, `reason` says why.
 */
export const SESSION_STATES = ['starting', 'running', 'exited', 'failed', 'lost'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

export class SessionStartParams extends VmRef {
  /** unique among the sessions of its VM; none when left out */
  @IsOptional()
  @Matches(SESSION_NAME_PATTERN, {
    message: 'name must be 1 to 63 of a-z, A-Z, 0-9, ., _ and -, and begin with a letter or digit',
  })
  name?: string;
  /** argv, each as in `vm.exec`; a login shell when empty */
  @IsArray() @ArrayMaxSize(65536) @IsString({ each: true }) command!: string[];
  /** absolute directory in the guest; the workspace, or else the home directory, when left out */
  @IsOptional() @IsString() @Matches(/^\/[^\0]*$/) cwd?: string;
  @IsOptional() @IsEnvironment() env?: Record<string, string>;
  /** it gets a terminal of this size; its output is one stream then, and it always takes input */
  @IsOptional() @ValidateNested() @Type(() => TerminalRequest) terminal?: TerminalRequest;
  /** it takes input, from `session.send`; without it and without a terminal it reads an empty one */
  @IsOptional() @IsBoolean() stdin?: boolean;
  /** `s` after which it is ended */
  @IsOptional() @IsInt() @Min(1) @Max(MAX_SECONDS) timeoutSeconds?: number;
  /** what happens at its end; nothing when left out */
  @IsOptional() @IsIn(SESSION_ON_EXIT) onExit?: SessionOnExit;
}

export class SessionRef {
  /** its id, a prefix of an id that only one session has, its name, or VM/NAME */
  @IsString() @Length(1, 128) session!: string;
}

export class SessionListParams {
  /** of this VM alone: name, id, or a prefix of an id */
  @IsOptional() @IsString() @Length(1, 64) vm?: string;
}

export class SessionView {
  @IsString() id!: string;
  @IsOptional() @IsString() name?: string;
  /** name of the VM */
  @IsString() vm!: string;
  @IsString() vmId!: string;
  @IsArray() @IsString({ each: true }) command!: string[];
  @IsString() cwd!: string;
  @IsBoolean() terminal!: boolean;
  /** whether it takes input */
  @IsBoolean() stdin!: boolean;
  @IsIn(SESSION_STATES) state!: SessionState;
  /** absent while it runs, and when it was ended by a signal */
  @IsOptional() @IsInt() exitCode?: number;
  /** that ended it, without SIG: `TERM` */
  @IsOptional() @IsString() signal?: string;
  /** it was ended because its time was over */
  @IsOptional() @IsBoolean() timedOut?: boolean;
  /** of `failed` and `lost`, one sentence */
  @IsOptional() @IsString() reason?: string;
  @IsOptional() @IsInt() timeoutSeconds?: number;
  @IsOptional() @IsIn(SESSION_ON_EXIT) onExit?: SessionOnExit;
  /** `bytes` that it has written so far, as far as they have come to the host; a terminal has stdout alone */
  @IsInt() stdoutBytes!: number;
  @IsInt() stderrBytes!: number;
  /** `bytes` of both together that are not kept any more, since the beginning goes when there is too much */
  @IsInt() droppedBytes!: number;
  /** terminals and clients that are attached to it */
  @IsInt() attached!: number;
  /** ISO 8601, UTC */
  @IsString() createdAt!: string;
  @IsOptional() @IsString() endedAt?: string;
}

/** How much of each stream somebody has already, `bytes` since its beginning. */
export class OutputPosition {
  @IsInt() @Min(0) stdout!: number;
  @IsInt() @Min(0) stderr!: number;
}

export class SessionLogsParams extends SessionRef {
  /** go on until the session has ended */
  @IsOptional() @IsBoolean() follow?: boolean;
  /** the last lines alone */
  @IsOptional() @IsInt() @Min(0) @Max(1_000_000_000) tail?: number;
  /** what was written since then, by the guest's clock */
  @IsOptional() @IsISO8601({ strict: true }) since?: string;
  /** one of the two alone */
  @IsOptional() @IsIn(OUTPUT_STREAMS) stream?: OutputStream;
  /** each line with the time at which it was written before it, ISO 8601 in UTC, and a space */
  @IsOptional() @IsBoolean() timestamps?: boolean;
  /** go on behind what has been received already; instead of `tail` and `since` */
  @IsOptional() @ValidateNested() @Type(() => OutputPosition) from?: OutputPosition;
}

/** A byte channel with output, and where in the streams it begins. */
export class OutputGrant extends ChannelGrant {
  @ValidateNested() @Type(() => OutputPosition) from!: OutputPosition;
}

export class SessionSendParams extends SessionRef {
  /** its input ends behind this */
  @IsOptional() @IsBoolean() close?: boolean;
}

export class SessionAttachParams extends SessionRef {
  /** size of the terminal that is attached; the session's becomes the same while it types */
  @IsOptional() @ValidateNested() @Type(() => TerminalSize) terminal?: TerminalSize;
  /** only to look */
  @IsOptional() @IsBoolean() readOnly?: boolean;
  /** type, although somebody else does: who looks on from then */
  @IsOptional() @IsBoolean() take?: boolean;
  /** of a session without a terminal: go on behind what has been received already */
  @IsOptional() @ValidateNested() @Type(() => OutputPosition) from?: OutputPosition;
}

export class SessionAttachGrant extends OutputGrant {
  @ValidateNested() @Type(() => SessionView) session!: SessionView;
  /** false: somebody else does, or it takes no input */
  @IsBoolean() types!: boolean;
}

export class SessionSignalParams extends SessionRef {
  /** name, with SIG or without: `INT`; it goes to what is in the foreground */
  @Matches(SIGNAL_PATTERN, { message: 'signal must be the name of one, such as INT or SIGUSR1' })
  signal!: string;
}

export class SessionStopParams extends SessionRef {
  /** `s` that it gets to end by itself after TERM, before KILL; 10 when left out */
  @IsOptional() @IsInt() @Min(0) @Max(MAX_SECONDS) timeoutSeconds?: number;
}

export class SessionDeleteParams extends SessionRef {
  /** also one that runs: it is killed first */
  @IsOptional() @IsBoolean() force?: boolean;
}
