/**
 * What a machine has in its file system that is about it and no other, by the directory that it is in. Paths without a
 * slash at either end; the empty one is the root.
 */
export interface TraceRule {
  readonly directory: string;
  /** of the entries that go, with all that is in them; every entry when undefined */
  readonly names?: RegExp;
  /** only files, those in its directories too; the directories stay, for programs that count on them */
  readonly filesOnly?: boolean;
}

/** What a repair has found without a name could be anything, also what had to go. */
const NAMELESS: TraceRule = { directory: 'lost+found' };

const EVERY_MACHINE: readonly TraceRule[] = [
  { directory: 'etc', names: /^(machine-id|hostname|hosts|gitconfig)$/ },
  { directory: 'etc/ssh', names: /^ssh_host_/ },
  // what an image that was pulled says of itself stays
  { directory: 'etc/banger', names: /^(?!image-environment$)/ },
  { directory: 'var/lib/banger' },
  { directory: 'var/lib/dbus', names: /^machine-id$/ },
  { directory: 'var/lib/systemd', names: /^(random-seed|credential\.secret)$/ },
  { directory: 'var/lib/urandom', names: /^random-seed$/ },
  { directory: 'var/lib/seedrng' },
  { directory: 'var/lib/dhcp' },
  { directory: 'var/lib/dhcpcd' },
  { directory: 'var/lib/dhclient' },
  { directory: 'var/lib/NetworkManager', names: /lease|secret_key|seen-bssids|timestamps/ },
  { directory: 'var/log/journal' },
  { directory: 'var/log', filesOnly: true },
];

/** Of a directory that a user is at home in. Known hosts stay: they say what others are called, not what this one is. */
const HOME_TRACES: readonly TraceRule[] = [{ directory: '.ssh', names: /^authorized_keys2?$/ }];

const HISTORY: TraceRule = {
  directory: '',
  names:
    /^\.((bash|ash|sh|zsh|dash|python|node_repl|irb|psql|mysql|sqlite|rediscli)_history|histfile|lesshst|viminfo|wget-hsts)$/,
};
const HISTORY_ELSEWHERE: TraceRule = { directory: '.local/share/fish', names: /_history$/ };

/** Where users are at home: these, and each directory of `HOMES`. */
export const ROOT_HOME = 'root';
export const HOMES = 'home';

/** The private halves of what a user logs in elsewhere with. */
export const PRIVATE_KEYS = { directory: '.ssh', names: /^id_[a-z0-9_]+$/ } as const;

/** From the root of a file system. @param holds a whole system, or what is /root there */
export function machineRules(holds: 'system' | 'home'): readonly TraceRule[] {
  return holds === 'system' ? [NAMELESS, ...EVERY_MACHINE] : [NAMELESS];
}

/** @param history whether what was typed is to go as well */
export function homeRules(history: boolean): readonly TraceRule[] {
  return history ? [...HOME_TRACES, HISTORY, HISTORY_ELSEWHERE] : HOME_TRACES;
}

/** The rule for one file, by its absolute path. */
export function fileRule(path: string): { readonly directory: string; readonly name: string } {
  const parts = path.split('/').filter((part) => part !== '');
  return { directory: parts.slice(0, -1).join('/'), name: parts.at(-1) ?? '' };
}
