import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  ValidateNested,
} from 'class-validator';

/** `download`: one that was broken off; `packages`, `step`: of builds, for the next one */
export const PRUNABLE_KINDS = ['layer', 'download', 'packages', 'step', 'kernel', 'image'] as const;
export type PrunableKind = (typeof PRUNABLE_KINDS)[number];

export class ImagePrunableParams {
  /** images too that no VM uses, but the default one and those that were made of VMs; and kernels that no image has */
  @IsOptional() @IsBoolean() all?: boolean;
}

export class PrunableThing {
  @IsIn(PRUNABLE_KINDS) kind!: PrunableKind;
  /** of the image or kernel; of anything else its file’s name */
  @IsString() @Length(1, 255) id!: string;
}

/** Something of which nothing depends, and that can be had or made again. */
export class ImagePrunableView extends PrunableThing {
  @IsString() name!: string;
  /**
   * What the host gets back when it goes together with those before it in the list, `bytes`: a file that several have
   * counts with the last of them.
   */
  @IsInt() freesBytes!: number;
  /** why it is not needed */
  @IsString() reason!: string;
}

export class ImagePruneParams {
  @IsArray()
  @ArrayMaxSize(10_000)
  @ValidateNested({ each: true })
  @Type(() => PrunableThing)
  things!: PrunableThing[];
}

export class ImagePruneView {
  /** those that are gone, in the order in which they went */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ImagePrunableView) pruned!: ImagePrunableView[];
  /** what the host has got back, `bytes` */
  @IsInt() freedBytes!: number;
  /** those that somebody needs by now */
  @IsArray() @ValidateNested({ each: true }) @Type(() => PrunableThing) kept!: PrunableThing[];
}
