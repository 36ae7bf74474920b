import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { BRANCH_MESSAGE, BRANCH_NAME_PATTERN, DIFF_FORMATS } from './names.js';
import type { DiffFormat } from './names.js';
import { VmWorkspaceView, WorkspaceSource } from './vm.dto.js';

export class WorkspacePrepareParams extends WorkspaceSource {
  /** name, id, or a prefix of an id that only one VM has */
  @IsString() @Length(1, 64) vm!: string;
  /** also over work of the guest: what is not committed is stashed there first, its commits get a branch */
  @IsOptional() @IsBoolean() force?: boolean;
}

/** What the setup command of a project file came to. */
export class WorkspaceSetupView {
  /** null when it was ended by a signal or took too long */
  @IsOptional() @IsInt() exitCode!: number | null;
  /** file in the guest with all that it wrote */
  @IsString() log!: string;
}

export class WorkspacePrepareView {
  @IsString() vm!: string;
  @ValidateNested() @Type(() => VmWorkspaceView) workspace!: VmWorkspaceView;
  /** the guest had exactly this already */
  @IsBoolean() unchanged!: boolean;
  /** branch in the guest that has the commits which the guest had made; with `force` */
  @IsOptional() @IsString() savedBranch?: string;
  /** what was not committed in the guest is in `git stash list` there; with `force` */
  @IsOptional() @IsBoolean() stashed?: boolean;
  @IsOptional() @ValidateNested() @Type(() => WorkspaceSetupView) setup?: WorkspaceSetupView;
  @IsArray() @IsString({ each: true }) warnings!: string[];
}

/** One of a VM's repositories. */
export class WorkspaceRef {
  /** name, id, or a prefix of an id that only one VM has */
  @IsString() @Length(1, 64) vm!: string;
  /** directory in the guest, or the last part of it; the VM's only repository when left out */
  @IsOptional() @IsString() @Length(1, 1024) at?: string;
}

export const FILE_CHANGES = ['added', 'modified', 'deleted', 'type-changed', 'conflicted'] as const;

export class WorkspaceFileView {
  /** below the top of the repository; UTF-8 where it is */
  @IsString() path!: string;
  /** against the base */
  @IsIn(FILE_CHANGES) change!: (typeof FILE_CHANGES)[number];
  /** some of it is not committed in the guest */
  @IsBoolean() uncommitted!: boolean;
}

/** How the host's repository stands to what was imported. */
export class WorkspaceHostView {
  /** why nothing can be said of it: it was moved, deleted, or cannot be read */
  @IsOptional() @IsString() problem?: string;
  @IsOptional() @IsString() head?: string;
  /** absent when its HEAD is detached */
  @IsOptional() @IsString() branch?: string;
  /** commits of the host's HEAD that the base does not have */
  @IsOptional() @IsInt() commitsSince?: number;
  /** commits of the base that the host's HEAD does not have: it was reset or rebased, or is on another branch */
  @IsOptional() @IsInt() commitsGone?: number;
  /** files of its working tree that are not as its HEAD has them, untracked ones included */
  @IsOptional() @IsInt() uncommittedFiles?: number;
}

export class WorkspaceStatusView {
  @IsString() vm!: string;
  @ValidateNested() @Type(() => VmWorkspaceView) workspace!: VmWorkspaceView;
  /** commit that the guest has checked out; absent for a repository without one */
  @IsOptional() @IsString() head?: string;
  /** absent when HEAD is detached */
  @IsOptional() @IsString() branch?: string;
  /** commits of the guest that the base does not have */
  @IsInt() commitsAhead!: number;
  /** files that differ from the base, the first 10,000 of them */
  @IsArray() @ValidateNested({ each: true }) @Type(() => WorkspaceFileView) files!: WorkspaceFileView[];
  /** there are more files than are listed */
  @IsBoolean() truncated!: boolean;
  @ValidateNested() @Type(() => WorkspaceHostView) host!: WorkspaceHostView;
}

export class WorkspaceDiffParams extends WorkspaceRef {
  /** another VM: what has to be done to make its work out of this one's; the base when left out */
  @IsOptional() @IsString() @Length(1, 64) against?: string;
  /** `patch` when left out */
  @IsOptional() @IsIn(DIFF_FORMATS) format?: DiffFormat;
  /** without what is not committed */
  @IsOptional() @IsBoolean() committedOnly?: boolean;
}

export class WorkspaceBundleParams extends WorkspaceRef {
  /** name of the branch in the bundle; `banger/<vm>` when left out */
  @IsOptional() @Matches(BRANCH_NAME_PATTERN, { message: BRANCH_MESSAGE }) branch?: string;
  /** without what is not committed */
  @IsOptional() @IsBoolean() committedOnly?: boolean;
}

export class WorkspaceExportParams extends WorkspaceBundleParams {
  /** merge it into what is checked out on the host, three ways; nothing is changed where that makes a conflict */
  @IsOptional() @IsBoolean() merge?: boolean;
  /** absolute path of the host's repository, where it is no longer where it was imported from */
  @IsOptional() @IsString() @Length(1, 4096) @Matches(/^\//) to?: string;
}

export const EXPORT_OUTCOMES = ['created', 'updated', 'unchanged', 'nothing'] as const;

export class WorkspaceMergeView {
  /** branch of the host that it was merged into; absent when its HEAD is detached */
  @IsOptional() @IsString() into?: string;
  /** commit that is checked out now */
  @IsString() commit!: string;
  /** `none`: it was in there already */
  @IsIn(['none', 'fast-forward', 'merge']) kind!: 'none' | 'fast-forward' | 'merge';
}

export class WorkspaceExportView {
  @IsString() vm!: string;
  /** top of the host's repository */
  @IsString() repository!: string;
  /** what became of the branch; `nothing`: the guest has no work, and nothing was made */
  @IsIn(EXPORT_OUTCOMES) outcome!: (typeof EXPORT_OUTCOMES)[number];
  @IsString() branch!: string;
  /** tip of the branch; absent when there is no work */
  @IsOptional() @IsString() commit?: string;
  /** the tip's tree */
  @IsOptional() @IsString() tree?: string;
  /** commits of the branch that the base does not have */
  @IsInt() commits!: number;
  /** the last of them is what was not committed in the guest */
  @IsBoolean() uncommitted!: boolean;
  /** files that differ from the base, deleted ones included; one that was renamed counts twice */
  @IsInt() files!: number;
  @IsOptional() @ValidateNested() @Type(() => WorkspaceMergeView) merged?: WorkspaceMergeView;
  @IsArray() @IsString({ each: true }) warnings!: string[];
}
