/** One file that banger adds to the guest's root file system. Paths are relative to the root, without a leading slash. */
export type GuestFile =
  | { readonly path: string; readonly mode: number; readonly content: string }
  | { readonly path: string; readonly linkTo: string };

export function textFile(path: string, lines: readonly string[], mode = 0o644): GuestFile {
  return { path, mode, content: `${lines.join('\n')}\n` };
}

/** systemd's way to say "never": the unit cannot be started, not even as a dependency. */
export function masked(path: string): GuestFile {
  return { path, linkTo: '/dev/null' };
}
