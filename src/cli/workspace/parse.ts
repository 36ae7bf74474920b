import { suggest } from '../../core/errors/index.js';
import { BRANCH_NAME_PATTERN, WORKSPACE_MODES } from '../../contract/names.js';
import type { WorkspaceMode } from '../../contract/names.js';
import { parseCount } from '../command/parse.js';
import { UsageError } from '../usage-error.js';

const MAX_DEPTH = 100_000;

/** @throws UsageError */
export function parseMode(option: string, text: string): WorkspaceMode {
  const mode = WORKSPACE_MODES.find((one) => one === text);
  if (mode !== undefined) return mode;
  const similar = suggest(text, WORKSPACE_MODES);
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is no mode`,
    `${similar === undefined ? '' : `did you mean ${similar}? `}there are ${WORKSPACE_MODES.join(', ')}`,
  );
}

/** @throws UsageError */
export function parseDepth(option: string, text: string): number {
  const depth = parseCount(option, text);
  if (depth >= 1 && depth <= MAX_DEPTH) return depth;
  throw new UsageError(
    `${option} ${depth} is not 1 to ${MAX_DEPTH}`,
    'write --mode full for all of the history',
  );
}

/** git in the VM has the last word; here it costs no daemon, and the complaint names the option. @throws UsageError */
export function parseBranchName(option: string, text: string): string {
  if (BRANCH_NAME_PATTERN.test(text)) return text;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is no branch that git takes: no space, no .., none of ~^:?*[\\`,
    `write a name such as ${option} try-1`,
  );
}

/** @throws UsageError */
export function parseRevision(option: string, text: string): string {
  if (/^[^\0\n-][^\0\n]{0,511}$/.test(text)) return text;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} names no commit`,
    `write a commit, branch or tag, such as ${option} main`,
  );
}

/** Absolute, or below /root. @throws UsageError */
export function parseGuestDirectory(option: string, text: string): string {
  if (/^[^\0\n]{1,1024}$/.test(text)) return text;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is no directory`,
    `write ${option} /srv/shop, or ${option} shop for /root/shop`,
  );
}

/** @throws UsageError */
export function parsePattern(option: string, text: string): string {
  if (/^[^\0\n]{1,1024}$/.test(text)) return text;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is no pattern`,
    `write one as in .gitignore, such as ${option} '*.mp4'`,
  );
}
