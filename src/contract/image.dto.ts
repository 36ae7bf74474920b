import { IsArray, IsBoolean, IsInt, IsOptional, IsString, Length, Matches } from 'class-validator';

/** The image that is used when none is named. */
export const DEFAULT_IMAGE = 'debian';
export const IMAGE_NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export class ImageRef {
  @IsString() @Length(1, 64) image!: string;
}

export class ImageBuildParams {
  @IsOptional()
  @Matches(IMAGE_NAME_PATTERN, { message: 'name must be 1 to 63 of a-z 0-9 . _ -, a letter or digit first' })
  name?: string;
  /** build even if an image with the same inputs is there */
  @IsOptional() @IsBoolean() force?: boolean;
  /** be content with the packages of the image that is there, even if the mirrors have newer ones */
  @IsOptional() @IsBoolean() keepPackages?: boolean;
}

export class ImageDeleteParams extends ImageRef {}

export class ImageView {
  @IsString() id!: string;
  @IsString() name!: string;
  /** sha256 over the image's inputs: recipe, package versions wanted, guest files of banger */
  @IsString() recipeDigest!: string;
  /** `Debian GNU/Linux 12 (bookworm)` */
  @IsString() distribution!: string;
  @IsString() kernelVersion!: string;
  /** size of the root disk as the guest sees it, `bytes` */
  @IsInt() diskBytes!: number;
  /** what the image really takes on the host, `bytes` */
  @IsInt() allocatedBytes!: number;
  /** ISO 8601, UTC */
  @IsString() createdAt!: string;
  /** names of the VMs that stand on it */
  @IsArray() @IsString({ each: true }) usedBy!: string[];
}
