/** What TERM is to be in the guest: ours, if it is one. */
export function termName(term: string | undefined): string {
  return term !== undefined && /^[A-Za-z0-9._+-]{1,64}$/.test(term) ? term : 'xterm-256color';
}
