import { Type } from 'class-transformer';
import {
  IsArray,
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
import { FailureView } from './common.dto.js';

export const OPERATION_STATES = ['running', 'succeeded', 'failed', 'cancelled'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

export const STEP_STATES = ['running', 'done', 'failed', 'skipped', 'cancelled'] as const;
export type StepState = (typeof STEP_STATES)[number];

export class OperationRef {
  /** id, or a prefix of it that only one operation has */
  @IsString() @Length(1, 64) operation!: string;
}

export class OperationListParams {
  @IsOptional() @IsIn(OPERATION_STATES) state?: OperationState;
  /** at most this many, newest first; 50 when left out */
  @IsOptional() @IsInt() @Min(1) @Max(1000) limit?: number;
}

export class OperationStepView {
  /** position within the operation, from 0 */
  @IsInt() index!: number;
  /** stable id: `disk.create` */
  @IsString() name!: string;
  /** for people: `creating the disk` */
  @IsString() title!: string;
  @IsIn(STEP_STATES) state!: StepState;
  /** ISO 8601, UTC */
  @IsString() startedAt!: string;
  @IsOptional() @IsString() finishedAt?: string;
  /** latest remark of the step, such as a package being installed */
  @IsOptional() @IsString() detail?: string;
  /** 0 to 1, where it is known */
  @IsOptional() @IsNumber() progress?: number;
}

export class OperationSubject {
  @IsIn(['vm', 'image', 'kernel', 'host']) type!: 'vm' | 'image' | 'kernel' | 'host';
  @IsString() id!: string;
  @IsString() name!: string;
}

export class OperationView {
  @IsString() id!: string;
  /** `vm.create`, `image.build`, … */
  @IsString() kind!: string;
  @ValidateNested() @Type(() => OperationSubject) subject!: OperationSubject;
  @IsIn(OPERATION_STATES) state!: OperationState;
  @IsArray() @ValidateNested({ each: true }) @Type(() => OperationStepView) steps!: OperationStepView[];
  @IsOptional() @ValidateNested() @Type(() => FailureView) error?: FailureView;
  /** findings that did not stop the work, for the user to read */
  @IsArray() @IsString({ each: true }) warnings!: string[];
  @IsString() createdAt!: string;
  @IsOptional() @IsString() finishedAt?: string;
  /** correlation id of the request that began it */
  @IsOptional() @IsString() ref?: string;
}

/** One change of an operation. Besides `operation`, exactly one member is set. */
export class OperationEvent {
  /** whose change it is, where the call may begin several: in the progress of a call */
  @IsOptional() @IsString() operation?: string;
  /** the operation as it stands, first of all events */
  @IsOptional() @ValidateNested() @Type(() => OperationView) snapshot?: OperationView;
  /** a step that began, changed or ended */
  @IsOptional() @ValidateNested() @Type(() => OperationStepView) step?: OperationStepView;
  /** a line of output, such as the image build's */
  @IsOptional() @IsString() output?: string;
}
