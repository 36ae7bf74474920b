/** A DNS label, since a VM's name becomes `name.vm`. Apart from the DTOs, so that the CLI can afford it. */
export const VM_NAME_PATTERN = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The name of a VM, with `{n}` for a number. */
export const COPY_NAME_PATTERN = /^[a-z](?:[a-z0-9-]|\{n\}){0,80}$/;

/** Copies that one fork makes. */
export const MAX_COPIES = 100;

export const SNAPSHOT_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The image that is used when none is named. */
export const DEFAULT_IMAGE = 'debian';

/** What happens when a VM goes down without having been asked to. */
export const RESTART_POLICIES = ['no', 'on-failure', 'always'] as const;

/** Steps of copying files into and out of a VM; see VmCopyParams. */
export const COPY_TASKS = ['pack', 'unpack', 'look', 'write', 'finish', 'digest', 'read'] as const;
export type CopyTask = (typeof COPY_TASKS)[number];

/** `contents`: of a directory, without itself; `several`: anything, by name. */
export const COPY_SOURCE_KINDS = ['file', 'directory', 'contents', 'several'] as const;
export type CopySourceKind = (typeof COPY_SOURCE_KINDS)[number];
