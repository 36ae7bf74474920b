/** A DNS label, since a VM's name becomes `name.vm`. Apart from the DTOs, so that the CLI can afford it. */
export const VM_NAME_PATTERN = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The image that is used when none is named. */
export const DEFAULT_IMAGE = 'debian';

/** What happens when a VM goes down without having been asked to. */
export const RESTART_POLICIES = ['no', 'on-failure', 'always'] as const;
