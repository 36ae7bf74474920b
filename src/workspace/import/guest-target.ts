import { WorkspaceTargetInvalidError } from '../workspace.errors.js';

/**
 * Where a repository comes to lie in the guest: absolute, without "." and "//".
 * @param base directory that a relative `at` is below: `/root`
 * @throws WorkspaceTargetInvalidError
 */
export function guestTarget(base: string, at: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(at))
    throw new WorkspaceTargetInvalidError(at, 'it has control characters');
  const parts = (at.startsWith('/') ? at : `${base}/${at}`)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new WorkspaceTargetInvalidError(at, 'it leads upwards, by ".."');
  if (parts.includes('.git')) throw new WorkspaceTargetInvalidError(at, 'it is inside a .git directory');
  if (parts.length === 0) throw new WorkspaceTargetInvalidError(at, 'it is the root of the file system');
  return `/${parts.join('/')}`;
}
