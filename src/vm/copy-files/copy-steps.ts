import type { CopyTask } from '../../contract/index.js';

/** Statuses with which the scripts end; a guest's own programs use lower ones. */
export const COPY_EXITS = {
  sourceMissing: 91,
  targetInvalid: 92,
  targetBusy: 93,
  cutOff: 94,
  changed: 95,
  placing: 96,
} as const;

interface CopyStep {
  /** completes "the copy failed while …" */
  readonly name: string;
  /** what runs in the guest, for people */
  readonly command: string;
}

export const COPY_STEPS: Readonly<Record<CopyTask, CopyStep>> = {
  pack: { name: 'reading the files in the guest', command: 'tar --create' },
  unpack: { name: 'writing the files in the guest', command: 'tar --extract' },
  look: { name: 'looking at the target in the guest', command: 'stat, sha256sum' },
  write: { name: 'writing the file in the guest', command: 'cat' },
  finish: { name: 'giving the file its name in the guest', command: 'chmod, touch, mv' },
  digest: { name: 'comparing the file in the guest', command: 'head, sha256sum' },
  read: { name: 'reading the file in the guest', command: 'dd' },
};

export const PLACING_STEP: CopyStep = {
  name: 'moving the files to their place in the guest',
  command: 'mv, cp --link',
};
