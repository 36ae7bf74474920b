import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsEnvironment } from './common.dto.js';
import { VmRef } from './vm.dto.js';

export class TerminalSize {
  @IsInt() @Min(1) @Max(65535) columns!: number;
  @IsInt() @Min(1) @Max(65535) rows!: number;
}

export class TerminalRequest extends TerminalSize {
  /** value of TERM: `xterm-256color` */
  @Matches(/^[A-Za-z0-9._+-]{1,64}$/) term!: string;
}

/**
 * Text in `command`, `cwd` and `env` stands for bytes. What is no UTF-8 is written as Python's surrogateescape has it:
 * the byte 0x80 as the lone surrogate U+DC80, and so on up to U+DCFF for 0xff. As Linux has it, an argument, and a
 * variable with its name, has at most 131,071 bytes, and none that is NUL.
 */
export class VmExecParams extends VmRef {
  /** argv; a login shell when empty */
  @IsArray() @ArrayMaxSize(262144) @IsString({ each: true }) command!: string[];
  /** absolute directory in the guest; the workspace, or else the home directory, when left out */
  @IsOptional() @IsString() @Matches(/^\/[^\0]*$/) cwd?: string;
  @IsOptional() @IsEnvironment() env?: Record<string, string>;
  /** after so long, counted from its start, the command is ended: TERM, and KILL 10 s later; no limit when left out */
  @IsOptional() @IsInt() @Min(1) @Max(31622400) timeoutSeconds?: number;
  /** ask for a terminal of this size */
  @IsOptional() @ValidateNested() @Type(() => TerminalRequest) terminal?: TerminalRequest;
}

export class ChannelGrant {
  /** opens the byte channel, once */
  @IsString() token!: string;
  /** ISO 8601, UTC: after this the token is worthless */
  @IsString() expiresAt!: string;
}

export class VmSshView {
  @IsString() host!: string;
  @IsInt() port!: number;
  @IsString() user!: string;
  /** private key file that the guest accepts */
  @IsString() identityFile!: string;
  /** file in known_hosts format with the guest's pinned host key under `hostKeyAlias` */
  @IsString() knownHostsFile!: string;
  @IsString() hostKeyAlias!: string;
}

export class SshConfigView {
  /** for `Include`; has a block for each VM, `Host NAME.vm ID.vm`, and is kept up to date */
  @IsString() file!: string;
  /** private key file that all guests accept; ssh must be able to read it */
  @IsString() identityFile!: string;
}
