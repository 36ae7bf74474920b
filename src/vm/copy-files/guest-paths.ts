/** `~` and `~/x` as a shell in the guest would have them: who logs in is root. No program takes the result for an option. */
export function guestPath(path: string): string {
  if (path === '') return '.';
  if (path === '~' || path.startsWith('~/')) return `/root${path.slice(1)}`;
  return path.startsWith('/') ? path : `./${path}`;
}
