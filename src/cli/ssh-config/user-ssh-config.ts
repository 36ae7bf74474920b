/** The file of an SSH client's settings that belongs to the user. Bytes are latin1 here, so that none is lost. */
export abstract class UserSshConfig {
  /** `~/.ssh/config` of the user that runs this, as ssh itself finds it: $HOME has no say. @throws NoHomeError */
  abstract defaultPath(): string;
  /** undefined when there is none. @throws BangerError PERMISSION_DENIED */
  abstract read(path: string): string | undefined;
  /**
   * Replaces the file as a whole, its owner and mode kept, and follows a link; makes it (0600) and its directory (0700)
   * where there are none. @throws SshConfigUnwritableError
   */
  abstract write(path: string, content: string): void;
  /** @throws SshConfigUnwritableError */
  abstract remove(path: string): void;
  /** why ssh would not use a file that it is to include, or a key; undefined when it would, or there is none yet */
  abstract refusal(path: string): 'unreadable' | 'foreign' | undefined;
}
