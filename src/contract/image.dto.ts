import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { PUBLIC_KEY_PATTERN } from './names.js';

/** A name, and a tag if it has one. `debian` and `debian:latest` are the same. */
export const IMAGE_NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}(:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,62})?$/;
export const IMAGE_NAME_RULE = {
  message:
    'name must be 1 to 63 of a-z 0-9 . _ -, a letter or digit first; a tag may follow, as in debian:12',
};

/** absolute, without control characters */
export const HOST_PATH_PATTERN = /^\/[^\p{Cc}]{1,4000}$/u;
export const HOST_PATH_RULE = { message: 'it must be an absolute path' };
/** One word of a kernel's command line. */
export const BOOT_ARGUMENT_PATTERN = /^[!-~]{1,256}$/;
const BOOT_ARGUMENT_RULE = 'each must be one word of up to 256 printable characters';
export const PUBLIC_KEY_RULE = { message: 'publicKey must be 44 characters of base64, or PEM' };

export const IMAGE_SOURCES = ['build', 'pull', 'catalog', 'import', 'register', 'promote'] as const;
export type ImageSourceKind = (typeof IMAGE_SOURCES)[number];

export class ImageRef {
  @IsString() @Length(1, 128) image!: string;
}

/** A file that a recipe puts into the image. */
export class RecipeFile {
  /** as the recipe names it */
  @IsString() @Length(1, 4096) path!: string;
  /** base64; of all files together at most 2.5 MiB */
  @IsString() @Length(0, 3_600_000) content!: string;
  /** on the host of whoever sends it */
  @IsOptional() @IsBoolean() executable?: boolean;
}

/** A recipe as it is written (docs/recipes.md). */
export class ImageRecipeParams {
  /** TOML, up to 64 KiB */
  @IsString() @Length(0, 65_536) recipe!: string;
  /** as messages are to call it: the path of its file */
  @IsOptional() @IsString() @Length(1, 4096) recipeFile?: string;
}

/** What a recipe asks for. */
export class ImageRecipeView {
  /** image that it goes on from; absent when it begins with the distribution's packages */
  @IsOptional() @IsString() image?: string;
  /** paths of the files that have to come with it, beside the recipe */
  @IsArray() @IsString({ each: true }) files!: string[];
}

export class ImageBuildParams {
  @IsOptional()
  @Matches(IMAGE_NAME_PATTERN, IMAGE_NAME_RULE)
  name?: string;
  /** build even if an image with the same inputs is there */
  @IsOptional() @IsBoolean() force?: boolean;
  /** be content with the packages of the image that is there, even if the mirrors have newer ones */
  @IsOptional() @IsBoolean() keepPackages?: boolean;
  /** run every step of the recipe, also those that were run before, even if the image is up to date */
  @IsOptional() @IsBoolean() noCache?: boolean;
  /** name of a ready recipe; when neither it nor a recipe is given, the one that is called as the image is, if there is one */
  @IsOptional() @IsString() @Length(1, 64) ready?: string;
  /** a recipe, TOML, up to 64 KiB */
  @IsOptional() @IsString() @Length(0, 65_536) recipe?: string;
  /** as messages are to call the recipe: the path of its file */
  @IsOptional() @IsString() @Length(1, 4096) recipeFile?: string;
  /** the files that the recipe asks for */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(256)
  @ValidateNested({ each: true })
  @Type(() => RecipeFile)
  files?: RecipeFile[];
}

export class ImagePullParams {
  /** `docker.io/library/debian:12`, as Docker reads it; with `catalog` the name of an image there */
  @IsString() @Length(1, 1024) reference!: string;
  /** a catalog's name in the configuration, its https address, or its absolute path */
  @IsOptional() @IsString() @Length(1, 4096) catalog?: string;
  /** that the catalog is signed with, base64 or PEM; that of the configuration when left out */
  @IsOptional() @Matches(PUBLIC_KEY_PATTERN, PUBLIC_KEY_RULE) publicKey?: string;
  /** last part of the reference when left out: `debian:12` */
  @IsOptional() @Matches(IMAGE_NAME_PATTERN, IMAGE_NAME_RULE) name?: string;
  /** even if the very same is there, or the name is another image's */
  @IsOptional() @IsBoolean() force?: boolean;
}

/** An image of what a VM that is down has become. */
export class ImagePromoteParams {
  /** name, id or unique beginning of an id */
  @IsString() @Length(1, 128) vm!: string;
  @Matches(IMAGE_NAME_PATTERN, IMAGE_NAME_RULE)
  name!: string;
  /** even if it takes the name of an image that is there */
  @IsOptional() @IsBoolean() force?: boolean;
  /** whether what was typed in it goes: histories of shells and other programs */
  @IsOptional() @IsBoolean() clearHistory?: boolean;
}

/** A file system of the host's as an image. Paths are absolute. */
export class ImageRegisterParams {
  @Matches(IMAGE_NAME_PATTERN, IMAGE_NAME_RULE)
  name!: string;
  /** ext4 (raw or qcow2), squashfs, a tar archive (packed or not), or a directory; which it is, its content tells */
  @Matches(HOST_PATH_PATTERN, HOST_PATH_RULE) rootfs!: string;
  /** name or id of a kernel that is kept; `debian` when neither this nor `kernelPath` is given */
  @IsOptional() @IsString() @Length(1, 128) kernel?: string;
  /** vmlinux or bzImage; `initrdPath` comes with it */
  @IsOptional() @Matches(HOST_PATH_PATTERN, HOST_PATH_RULE) kernelPath?: string;
  /** made of the kernel's modules when left out */
  @IsOptional() @Matches(HOST_PATH_PATTERN, HOST_PATH_RULE) initrdPath?: string;
  /** in place of those that banger's images have */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @Matches(BOOT_ARGUMENT_PATTERN, { each: true, message: BOOT_ARGUMENT_RULE })
  bootArguments?: string[];
  /** whether the file stays where it is, and is not copied: raw ext4 alone */
  @IsOptional() @IsBoolean() reference?: boolean;
  /** even if it was not made to be a guest of banger */
  @IsOptional() @IsBoolean() asIs?: boolean;
  /** even if it takes the name of an image that is there */
  @IsOptional() @IsBoolean() force?: boolean;
}

export class ImageDeleteParams extends ImageRef {}

/** The shape of the VMs that the template is for; what is left out is as for a new VM. */
export class ImageWarmParams extends ImageRef {
  @IsOptional() @IsInt() cpus?: number;
  @IsOptional() @IsInt() memoryMib?: number;
  /** root disk */
  @IsOptional() @IsInt() diskMib?: number;
  /** work disk, mounted at /root */
  @IsOptional() @IsInt() workDiskMib?: number;
  /** make it anew even when there is one */
  @IsOptional() @IsBoolean() force?: boolean;
}

/** Where an image is from. */
export class ImageSourceView {
  @IsIn(IMAGE_SOURCES) kind!: ImageSourceKind;
  /** recipe, name in a registry or a catalog, file, or VM */
  @IsOptional() @IsString() reference?: string;
  /** of what stands there under that name: `sha256:…` */
  @IsOptional() @IsString() digest?: string;
}

/** What a pulled image says of itself. */
export class ImageMetadataView {
  @IsObject() env!: Record<string, string>;
  @IsOptional() @IsString() user?: string;
  @IsOptional() @IsString() workdir?: string;
  @IsArray() @IsString({ each: true }) entrypoint!: string[];
  @IsArray() @IsString({ each: true }) cmd!: string[];
  @IsObject() labels!: Record<string, string>;
}

export class ImageView {
  @IsString() id!: string;
  @IsString() name!: string;
  /** `sha256:…` over its files and how they are booted; empty for one that was built before there were digests */
  @IsString() digest!: string;
  @IsOptional() @ValidateNested() @Type(() => ImageSourceView) source?: ImageSourceView;
  /** sha256 over the image's inputs: recipe, package versions wanted, guest files of banger */
  @IsString() recipeDigest!: string;
  /** `Debian GNU/Linux 12 (bookworm)` */
  @IsString() distribution!: string;
  @IsString() kernelVersion!: string;
  /** name of the kernel that was put into it; absent when it brought its own */
  @IsOptional() @IsString() kernel?: string;
  /** fingerprint of the key that its work seed lets in: `SHA256:…`; absent when it is as it was built */
  @IsOptional() @IsString() seedKey?: string;
  /** size of the root disk as the guest sees it, `bytes` */
  @IsInt() diskBytes!: number;
  /** what the image really takes on the host, `bytes` */
  @IsInt() allocatedBytes!: number;
  /** how much of that other images have too, `bytes` */
  @IsInt() sharedBytes!: number;
  /** ISO 8601, UTC */
  @IsString() createdAt!: string;
  /** names of the VMs that stand on it */
  @IsArray() @IsString({ each: true }) usedBy!: string[];
}

/** A saved machine of an image that has booted; a VM of the same shape is restored from it. */
export class ImageTemplateView {
  @IsString() id!: string;
  @IsInt() cpus!: number;
  @IsInt() memoryMib!: number;
  /** root disk */
  @IsInt() diskMib!: number;
  /** work disk, mounted at /root; absent when it has none */
  @IsOptional() @IsInt() workDiskMib?: number;
  @IsIn(['kvm', 'tcg']) accelerator!: 'kvm' | 'tcg';
  /** what it really takes on the host, `bytes` */
  @IsInt() allocatedBytes!: number;
  /** ISO 8601, UTC */
  @IsString() createdAt!: string;
  /** ISO 8601, UTC: when a VM was last restored from it; when it was made, as long as none was */
  @IsString() lastUsedAt!: string;
}

export class ImageDetails extends ImageView {
  @IsOptional() @ValidateNested() @Type(() => ImageMetadataView) metadata?: ImageMetadataView;
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ImageTemplateView)
  templates!: ImageTemplateView[];
}
