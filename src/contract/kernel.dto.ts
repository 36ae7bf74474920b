import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { HOST_PATH_PATTERN, HOST_PATH_RULE } from './image.dto.js';

export class KernelRef {
  @IsString() @Length(1, 128) kernel!: string;
}

/** 1 to 63 of a-z 0-9 . _ -, a letter or digit first */
export const KERNEL_NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const KERNEL_NAME_RULE = { message: 'name must be 1 to 63 of a-z 0-9 . _ -, a letter or digit first' };

export class KernelPullParams {
  /** `debian` when left out, which images get when no kernel is named */
  @IsOptional() @Matches(KERNEL_NAME_PATTERN, KERNEL_NAME_RULE) name?: string;
}

export class KernelRegisterParams {
  @Matches(KERNEL_NAME_PATTERN, KERNEL_NAME_RULE) name!: string;
  /** vmlinux or bzImage for x86-64 */
  @Matches(HOST_PATH_PATTERN, HOST_PATH_RULE) kernelPath!: string;
  /** directory or tar archive with `modules.dep`, or with `lib/modules/RELEASE`; none when everything is built in */
  @IsOptional() @Matches(HOST_PATH_PATTERN, HOST_PATH_RULE) modulesPath?: string;
}

export const KERNEL_SOURCES = ['packages', 'register'] as const;

/** Where a kernel is from. */
export class KernelSourceView {
  @IsIn(KERNEL_SOURCES) kind!: (typeof KERNEL_SOURCES)[number];
  /** package, or file */
  @IsOptional() @IsString() reference?: string;
}

/** A kernel with its modules, for images to come. */
export class KernelView {
  @IsString() id!: string;
  @IsString() name!: string;
  /** `6.1.0-56-cloud-amd64` */
  @IsString() version!: string;
  /** `sha256:…` over its files */
  @IsString() digest!: string;
  @ValidateNested() @Type(() => KernelSourceView) source!: KernelSourceView;
  /** `bytes` on the host */
  @IsInt() allocatedBytes!: number;
  /** ISO 8601, UTC */
  @IsString() createdAt!: string;
  /** names of the images that it was put into */
  @IsArray() @IsString({ each: true }) usedBy!: string[];
}
