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
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { FailureView } from './common.dto.js';
import {
  BRANCH_MESSAGE,
  BRANCH_NAME_PATTERN,
  COPY_NAME_PATTERN,
  MAX_COPIES,
  SNAPSHOT_NAME_PATTERN,
} from './names.js';
import { CreationSettings, VmRef, VmView } from './vm.dto.js';

export class VmForkParams extends VmRef {
  /** how many copies; 1 when left out */
  @IsOptional() @IsInt() @Min(1) @Max(MAX_COPIES) count?: number;
  /** of the copies, with `{n}` for their number; `NAME-{n}` with the VM's own name when left out */
  @IsOptional()
  @Matches(COPY_NAME_PATTERN, { message: 'name must be a VM’s name, with {n} for the number of the copy' })
  name?: string;
  /** a branch that each copy makes and checks out in its repository, with `{n}` for the number of the copy */
  @IsOptional() @Matches(BRANCH_NAME_PATTERN, { message: BRANCH_MESSAGE }) branch?: string;
  /** the copies are suspended: each goes on from the moment of the fork when it is resumed */
  @IsOptional() @IsBoolean() paused?: boolean;
}

/** A copy that did not come about. */
export class VmForkFailure {
  @IsString() name!: string;
  @ValidateNested() @Type(() => FailureView) error!: FailureView;
}

export class VmForkView {
  /** `ms` that the VM stood still for it */
  @IsNumber() pausedMs!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => VmView) copies!: VmView[];
  /** absent when all came about */
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => VmForkFailure)
  failures?: VmForkFailure[];
}

function IsSnapshotName(): PropertyDecorator {
  return Matches(SNAPSHOT_NAME_PATTERN, {
    message: 'snapshot must be 1 to 63 of a-z, A-Z, 0-9, ., _ and -, and begin with a letter or digit',
  });
}

export class VmSnapshotRef extends VmRef {
  @IsString() @Length(1, 63) snapshot!: string;
}

export class VmSnapshotCreateParams extends VmRef {
  /** `1`, `2`, … when left out */
  @IsOptional() @IsSnapshotName() snapshot?: string;
  /** shut the VM down first; it stays down */
  @IsOptional() @IsBoolean() stop?: boolean;
  /** its disks alone, of a VM that runs as well: the guest writes down what it has in memory for it */
  @IsOptional() @IsBoolean() diskOnly?: boolean;
}

export class VmSnapshotRestoreParams extends VmSnapshotRef {
  /** also over a VM that runs: what it is now is lost */
  @IsOptional() @IsBoolean() force?: boolean;
}

/** A new VM that begins as another one was. Its size is that of the other one. */
export class VmSnapshotCopyParams extends CreationSettings {
  /** VM of the snapshot: name, id, or a prefix of an id that only one VM has */
  @IsString() @Length(1, 64) vm!: string;
  @IsString() @Length(1, 63) snapshot!: string;
  /** boot from its disks, even where it has the memory as well */
  @IsOptional() @IsBoolean() cold?: boolean;
}

export const SNAPSHOT_KINDS = ['memory', 'disk'] as const;

export class VmSnapshotView {
  @IsString() id!: string;
  /** of the snapshot, among those of its VM */
  @IsString() name!: string;
  /** name of the VM */
  @IsString() vm!: string;
  /** `memory`: with the machine as it ran; `disk`: the disks alone */
  @IsIn(SNAPSHOT_KINDS) kind!: (typeof SNAPSHOT_KINDS)[number];
  @IsInt() cpus!: number;
  @IsInt() memoryMib!: number;
  /** root disk */
  @IsInt() diskMib!: number;
  /** work disk, mounted at /root; absent when it has none */
  @IsOptional() @IsInt() workDiskMib?: number;
  /** what its deletion would give back now, `bytes`: nothing that the VM, or another snapshot, needs as well */
  @IsInt() ownBytes!: number;
  /** ISO 8601, UTC */
  @IsString() createdAt!: string;
  /** `ms` that the VM stood still for it: in the answer to its creation */
  @IsOptional() @IsNumber() pausedMs?: number;
}
