import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { IMAGE_NAME_PATTERN, IMAGE_NAME_RULE, ImageRef, PUBLIC_KEY_RULE } from './image.dto.js';
import { PUBLIC_KEY_PATTERN } from './names.js';

/** On the channel’s output comes the bundle. */
export class ImageExportParams extends ImageRef {}

/**
 * On the channel’s input goes the bundle. As soon as its first bytes tell what it holds, an operation begins, of which
 * one line of JSON on the output tells: `{"operation":"op_…"}`. The channel ends with the operation, whose outcome it is;
 * without an operation there is nothing but the failure.
 */
export class ImageImportParams {
  /** of the bundle, as its owner knows it */
  @Matches(/^[^\p{C}]{1,255}$/u) file!: string;
  /** of the bundle, where that is known; `bytes` */
  @IsOptional() @IsInt() @Min(0) sizeBytes?: number;
  /** that of the bundle when left out */
  @IsOptional() @Matches(IMAGE_NAME_PATTERN, IMAGE_NAME_RULE) name?: string;
  /** even if the very same is there, or the name is another image's */
  @IsOptional() @IsBoolean() force?: boolean;
}

export class ImageCatalogParams {
  /** its name in the configuration, its https address, or its absolute path */
  @IsString() @Length(1, 4096) catalog!: string;
  /** that it is signed with, base64 or PEM; that of the configuration when left out */
  @IsOptional() @Matches(PUBLIC_KEY_PATTERN, PUBLIC_KEY_RULE) publicKey?: string;
}

/** An image that may be pulled from a catalog. */
export class CatalogImageView {
  @IsString() name!: string;
  /** one line */
  @IsOptional() @IsString() description?: string;
  @IsString() distribution!: string;
  /** `sha256:…` */
  @IsString() digest!: string;
  /** of its bundle, `bytes` */
  @IsInt() sizeBytes!: number;
}

export class ImageCatalogView {
  @IsString() location!: string;
  /** grows with each issue */
  @IsInt() serial!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => CatalogImageView) images!: CatalogImageView[];
}
