import type { GitIdentity } from '../../contract/vm.dto.js';
import type { ProcessFacts } from '../invocation.js';

/** `ms`; it takes five, and must not keep a VM from being made */
const LIMIT_MS = 2_000;
/** what the contract allows; anything else says nothing */
const TEXT = /^[^\p{C}]{1,200}$/u;

/** Who the user is to git: by their own configuration, since the daemon may run as another user. */
export function callerGitIdentity({ env }: Pick<ProcessFacts, 'env'>): GitIdentity | undefined {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  // outside any repository: one says who commits in itself, and its own configuration travels with it
  const { stdout } = spawnSync('git', ['config', '--null', '--get-regexp', '^user\\.(name|email)$'], {
    cwd: '/',
    env,
    timeout: LIMIT_MS,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const identity: GitIdentity = {};
  for (const record of (stdout ?? '').split('\0')) {
    const [key, value = ''] = record.split('\n');
    if (!TEXT.test(value)) continue;
    if (key === 'user.name') identity.name = value;
    if (key === 'user.email') identity.email = value;
  }
  return Object.keys(identity).length === 0 ? undefined : identity;
}
