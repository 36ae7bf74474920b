import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { VmRef } from './vm.dto.js';
import { COPY_SOURCE_KINDS, COPY_TASKS } from './names.js';
import type { CopySourceKind, CopyTask } from './names.js';

const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/**
 * One step of copying files, in the guest. Paths are absolute or start from where `vm.exec` starts; `~/` is /root.
 * - `pack`: sends a line of facts for each path (`stat -c '%f %s %b %B %.9Y'`), then the line `archive` and a POSIX tar
 *   archive of them; or, where the one path is a dense file of `limit` bytes or more, the line `file` and nothing else
 * - `unpack`: takes such an archive whose last member is `./MARK`, and puts its members at the path as `cp -r` would;
 *   none of them where something is in the way of one
 * - `look`: where a file `name` for the path would be, and what there is of it in its part file: four strings that end in
 *   NUL: path of the file, path of the part file, its size, the sha256 of it in hex; the last two empty without one
 * - `write`: cuts the part file of the path off at `offset` and appends what comes
 * - `finish`: a part file of exactly `bytes` becomes the path, with `mode` and `modified`
 * - `digest`: the sha256 of the first `bytes`, in hex
 * - `read`: the file from `offset`; fails at its end when it no longer is of `bytes` and `modified`
 */
export class VmCopyParams extends VmRef {
  @IsIn(COPY_TASKS) task!: CopyTask;
  /** several for `pack` only */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(4096)
  @IsString({ each: true })
  @Matches(/^[^\0]*$/, { each: true })
  paths!: string[];
  /** unpack: of what is in the archive */
  @IsOptional() @IsIn(COPY_SOURCE_KINDS) kind?: CopySourceKind;
  /** unpack, look: name of the one source */
  @IsOptional() @IsString() @Matches(/^[^\0/]+$/) name?: string;
  /** unpack: name of the last member, which tells that the archive is whole */
  @IsOptional() @IsString() @Matches(/^\.banger-end-[a-z0-9]{8,64}$/) mark?: string;
  @IsOptional() @IsInt() @Min(0) @Max(MAX_BYTES) limit?: number;
  @IsOptional() @IsInt() @Min(0) @Max(MAX_BYTES) offset?: number;
  @IsOptional() @IsInt() @Min(0) @Max(MAX_BYTES) bytes?: number;
  /** permission bits */
  @IsOptional() @IsInt() @Min(0) @Max(0o7777) mode?: number;
  /** seconds since 1970 with nine decimals, as `stat -c %.9Y` gives them */
  @IsOptional() @IsString() @Matches(/^-?\d{1,12}\.\d{9}$/) modified?: string;
}
