import type { Guarantee } from './guarantee.js';
import { BAD_DAYS } from './list/bad-days.js';
import { BOOKS } from './list/books.js';
import { CONFIG } from './list/config.js';
import { COPIES } from './list/copies.js';
import { DAEMON } from './list/daemon.js';
import { DISKS } from './list/disks.js';
import { DOCTOR } from './list/doctor.js';
import { POLICIES } from './list/policies.js';
import { IMAGES } from './list/images.js';
import { KEEPING } from './list/keeping.js';
import { OBSERVATION } from './list/observation.js';
import { PROTOCOL } from './list/protocol.js';
import { SESSIONS } from './list/sessions.js';
import { SETTINGS } from './list/settings.js';
import { TEMPLATES } from './list/templates.js';
import { VM } from './list/vm.js';
import { WORKSPACE_WORK } from './list/workspace-work.js';
import { WORKSPACE } from './list/workspace.js';

/** Every guarantee that banger gives, with the way to see its test fail. */
export const GUARANTEES: readonly Guarantee[] = [
  ...VM,
  ...OBSERVATION,
  ...DAEMON,
  ...BOOKS,
  ...DISKS,
  ...TEMPLATES,
  ...IMAGES,
  ...KEEPING,
  ...PROTOCOL,
  ...WORKSPACE,
  ...WORKSPACE_WORK,
  ...BAD_DAYS,
  ...CONFIG,
  ...POLICIES,
  ...DOCTOR,
  ...SETTINGS,
  ...COPIES,
  ...SESSIONS,
];
