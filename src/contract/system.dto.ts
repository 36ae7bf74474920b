import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';

export class HelloView {
  @IsString() name!: string;
  /** product version, semver */
  @IsString() version!: string;
  /** grows with every change of the contract; equal numbers understand each other */
  @IsInt() contract!: number;
  @IsInt() pid!: number;
  /** ISO 8601, UTC */
  @IsString() startedAt!: string;
  @IsIn(['root', 'user']) mode!: 'root' | 'user';
  @IsString() stateDirectory!: string;
  @IsArray() @IsString({ each: true }) features!: string[];
}

export class StopView {
  /** process that is about to end */
  @IsInt() pid!: number;
}

export const CONFIG_SOURCES = ['default', 'file', 'environment'] as const;

export class ConfigSettingView {
  /** dotted, as in the file: `vm.memory_mib` */
  @IsString() key!: string;
  /** as it would stand in the file, in TOML; absent when the key has no value */
  @IsOptional() @IsString() value?: string;
  /** where the value comes from */
  @IsIn(CONFIG_SOURCES) source!: (typeof CONFIG_SOURCES)[number];
  /** line of the file that sets it */
  @IsOptional() @IsInt() line?: number;
  /** environment variable that sets it */
  @IsOptional() @IsString() variable?: string;
}

export class ConfigView {
  /** where the file is looked for */
  @IsString() file!: string;
  @IsBoolean() fileExists!: boolean;
  @IsIn(['root', 'user']) mode!: 'root' | 'user';
  @IsArray() @ValidateNested({ each: true }) @Type(() => ConfigSettingView) settings!: ConfigSettingView[];
}

export const DOCTOR_STATUSES = ['ok', 'warn', 'fail'] as const;
export type DoctorStatus = (typeof DOCTOR_STATUSES)[number];

/** One thing that is not as it should be. */
export class DoctorProblemView {
  @IsIn(DOCTOR_STATUSES) status!: DoctorStatus;
  /** what is wrong: `the VM web: its hypervisor has gone` */
  @IsString() what!: string;
  /** why it matters */
  @IsOptional() @IsString() why?: string;
  /** what to do about it */
  @IsOptional() @IsString() fix?: string;
  /** whether `system.repair.begin` sees to it */
  @IsBoolean() repairable!: boolean;
}

export class DoctorCheckView {
  /** stable id, for scripts: `qemu`, `accelerator`, … */
  @IsString() id!: string;
  @IsString() title!: string;
  @IsIn(DOCTOR_STATUSES) status!: DoctorStatus;
  /** what was found */
  @IsString() detail!: string;
  /** what to do about it */
  @IsOptional() @IsString() fix?: string;
  /** each thing found, where a check looks at many */
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => DoctorProblemView)
  problems?: DoctorProblemView[];
  /** Debian packages whose installation would settle the check */
  @IsOptional() @IsArray() @IsString({ each: true }) packages?: string[];
}

export class DoctorReport {
  /** whether VMs can be run: no check failed */
  @IsBoolean() healthy!: boolean;
  @IsIn(['root', 'user']) mode!: 'root' | 'user';
  @IsArray() @ValidateNested({ each: true }) @Type(() => DoctorCheckView) checks!: DoctorCheckView[];
}
