import {
  absolutePath,
  listOf,
  mapOf,
  numberRange,
  oneOf,
  seconds,
  tableOf,
  text,
  wholeNumber,
} from '../toml/index.js';
import type { KeySpec } from '../toml/index.js';

export type Mode = 'root' | 'user';

/** What defaults may follow from. */
export interface DefaultFacts {
  readonly mode: Mode;
  /** directories that the mode and the user's environment give */
  readonly places: { readonly stateDirectory: string; readonly runtimeDirectory: string };
}

/** A key of the configuration. Everything that is known of it stands here, and nowhere else. */
export interface ConfigKey<T = unknown> extends KeySpec<T> {
  readonly default: (facts: DefaultFacts) => T;
  /** the default in words, where it is not the same everywhere */
  readonly defaultText?: string;
  /** environment variable that comes before the file */
  readonly variable?: string;
}

type Given<T> = Omit<ConfigKey<T>, 'default'> & { readonly default: T | ((facts: DefaultFacts) => T) };

function key<T>(given: Given<T>): ConfigKey<T> {
  const value = given.default;
  const isRule = (rule: typeof value): rule is (facts: DefaultFacts) => T => typeof rule === 'function';
  return { ...given, default: isRule(value) ? value : () => value };
}

/** How disks can be made, best first (docs/adr/0003-disk-backends.md); `host/disk` has a backend for each. */
export const DISK_BACKEND_NAMES = ['reflink', 'qcow2', 'sparse-copy'] as const;
export type DiskBackendName = (typeof DISK_BACKEND_NAMES)[number];

/** `mode` in octal digits, as chmod takes it; no set-user-id and the like */
const FILE_MODE = text('file permissions in octal digits such as "0600"', /^0?[0-7]{3}$/);

const FILE_SYNC = tableOf({
  from: { type: absolutePath(), doc: 'File or directory of the host; links are followed, once.' },
  to: {
    type: absolutePath(),
    doc: 'Where it comes to lie in each guest; a file, when this ends with "/", in that directory under its own name.',
  },
  mode: {
    type: FILE_MODE,
    doc: 'Permissions in the guest, of each file; those that the file has on the host when left out.',
    optional: true,
  },
});

const CATALOG = tableOf({
  name: {
    type: text('a name of lower-case letters, digits, ".", "_" and "-"', /^[a-z0-9][a-z0-9._-]{0,62}$/),
    doc: 'What it is called on the command line.',
  },
  location: {
    type: text('an https address or an absolute path', /^(?:https?:\/\/|\/)[^\p{C}]{1,2000}$/u),
    doc: 'Address of its `catalog.json`, or directory of this host that has one; `#sha256=HEX` behind it pins it to one issue.',
  },
  public_key: {
    type: text(
      'a public key of 44 characters of base64, or the absolute path of a file that has one',
      /^(?:[A-Za-z0-9+/]{43}=|\/[^\p{C}]{1,4095})$/u,
    ),
    doc: 'Key that it has to be signed with; from the web, one that is not pinned is refused without.',
    optional: true,
  },
});

const GIT_TEXT = text('a line of up to 200 printable characters', /^[^\p{C}]{1,200}$/u);

const AUTHORIZED_KEY = text(
  'a line of an authorized_keys file, such as "ssh-ed25519 AAAA… ada@laptop"',
  /^(?:(?:ssh|ecdsa|sk)-[A-Za-z0-9@.-]+) [A-Za-z0-9+/=]{16,4096}(?: [^\p{C}]{0,200})?$/u,
);

const REGISTRY = {
  what: 'a registry such as "docker.io" or "registry.example.org:5000"',
  pattern: /^(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:]{2,45}\])(?::[0-9]{1,5})?$/,
};

const MIRROR = text(
  'an address such as "https://mirror.example.org"',
  /^https?:\/\/(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:]{2,45}\])(?::[0-9]{1,5})?(?:\/[a-z0-9._-]{1,100}){0,4}$/,
);

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/**
 * Every key, under the name that its value has in `Config.values`. An entry here is all that a new key takes: the type
 * of the values, validation, documentation, the example file and `banger config show` follow from it.
 */
export const CONFIG_KEYS = {
  stateDirectory: key({
    key: 'state_directory',
    type: absolutePath(),
    default: ({ places }) => places.stateDirectory,
    defaultText: '`/var/lib/banger`; in user mode `$XDG_DATA_HOME/banger` or `~/.local/share/banger`',
    variable: 'BANGER_STATE_DIR',
    doc: 'Where banger keeps everything that outlives a reboot: database, images, disks, keys and logs. It wants a file system with room for disks; XFS and btrfs copy them without cost.',
  }),
  runtimeDirectory: key({
    key: 'runtime_directory',
    type: absolutePath(),
    default: ({ places }) => places.runtimeDirectory,
    defaultText: '`/run/banger`; in user mode `$XDG_RUNTIME_DIR/banger` or `/tmp/banger-UID`',
    variable: 'BANGER_RUNTIME_DIR',
    doc: 'Where the sockets are, and whatever else a reboot may take. Keep the path short: that of a Unix socket may have no more than 107 characters.',
  }),
  logLevel: key({
    key: 'log.level',
    type: oneOf(LOG_LEVELS),
    default: 'info',
    variable: 'BANGER_LOG_LEVEL',
    doc: 'How much the daemon writes into its log (`banger daemon logs`).',
  }),
  vmDefaults: {
    cpus: key({
      key: 'vm.cpus',
      type: wholeNumber(1, 1024),
      default: 1,
      doc: 'Virtual CPUs of a VM whose creator names no number (`--cpus`).',
    }),
    memoryMib: key({
      key: 'vm.memory_mib',
      type: wholeNumber(64, 1 << 24, 'MiB'),
      default: 1024,
      doc: 'Memory of a VM whose creator names no size (`--memory`).',
    }),
  },
  idleAction: key({
    key: 'vm.idle_action',
    type: oneOf(['stop', 'suspend']),
    default: 'stop',
    doc: 'What becomes of a VM that nobody has used for as long as its `--idle-stop` says: `stop` shuts it down, `suspend` puts what it has in memory on the disk, so that it goes on where it was when it is used again.',
  }),
  memoryPercent: key({
    key: 'vm.memory_percent',
    type: wholeNumber(10, 1000),
    default: 200,
    doc: 'How much memory all VMs that run may have together, in percent of the host’s: they seldom use all that they have. A VM that would be too much is not started.',
  }),
  bootTimeoutMs: key({
    key: 'vm.boot_timeout_seconds',
    type: seconds(1, 3600),
    // Under software emulation on a busy machine a guest was seen to take 40 s.
    default: 180_000,
    doc: 'How long a guest may take from its start until it can be used; after that its start has failed, and the error shows the end of its console.',
  }),
  clockCheckMs: key({
    key: 'vm.clock_check_seconds',
    type: seconds(1, 3600),
    default: 60_000,
    doc: 'How often the clock of each running guest is compared with that of the host; one that is off by more than 100 ms is set.',
  }),
  diskBackend: key({
    key: 'disk.backend',
    type: oneOf(['auto', ...DISK_BACKEND_NAMES]),
    default: 'auto',
    doc: 'What makes the disks of new VMs: `auto` for the best that works in the state directory (`banger doctor` shows it), `reflink` for files that share the blocks of the image (XFS, btrfs), `qcow2` for files over it, `sparse-copy` for plain copies. A VM keeps what made its disks.',
  }),
  templates: {
    make: key({
      key: 'templates.make',
      type: oneOf(['auto', 'manual', 'off']),
      default: 'auto',
      doc: 'How templates come about: paused, saved machines of an image that has booted, from which new VMs of the same shape (CPUs, memory, disks) are restored instead of booting. `auto` for one made in the background after the first boot of each shape, `manual` for those alone that `banger image warm` makes, `off` for none made and none used: every VM boots.',
    }),
    diskMib: key({
      key: 'templates.disk_mib',
      type: wholeNumber(256, 1 << 24, 'MiB'),
      default: 8192,
      doc: 'Room on disk for all templates together; where it is not enough, the one that was used least recently goes first.',
    }),
  },
  sessions: {
    outputMib: key({
      key: 'session.output_mib',
      type: wholeNumber(1, 1 << 16, 'MiB'),
      default: 128,
      doc: 'How much of what a session writes is kept, in its VM and here alike; of more than that the beginning goes. It counts for sessions that are started afterwards.',
    }),
    notifyCommand: key({
      key: 'session.notify_command',
      type: listOf(text('a word of a command', /^[^\0]{1,4096}$/), 64),
      default: [],
      example: 'notify_command = ["/usr/local/bin/tell-me"]',
      doc: 'What is run on the host, by the daemon, when a session ends that was started with `--on-exit notify`: a program and its arguments, without a shell. It finds `BANGER_SESSION`, `BANGER_SESSION_NAME`, `BANGER_VM`, `BANGER_STATE` and `BANGER_EXIT_CODE` in its environment.',
    }),
  },
  registries: {
    mirrors: key<Readonly<Record<string, readonly string[]>>>({
      key: 'image.registry_mirrors',
      type: mapOf(REGISTRY, listOf(MIRROR, 8), 64),
      default: {},
      example: 'registry_mirrors = { "docker.io" = ["https://mirror.example.org"] }',
      doc: 'Addresses that are asked for the images of a registry before it, in this order; what follows the host is put before the image’s path. What they lack comes from the registry itself. Each is logged in to under its own name.',
    }),
    insecure: key({
      key: 'image.insecure_registries',
      type: listOf(text(REGISTRY.what, REGISTRY.pattern), 64),
      default: [],
      example: 'insecure_registries = ["registry.example.org:5000"]',
      doc: 'Registries that may be spoken to by plain http, passwords too, where they do not speak TLS: whoever is on the way can read along. Those of this host’s loopback may without being named here. A certificate has to be valid all the same: name an authority of your own in `NODE_EXTRA_CA_CERTS` in the environment of the daemon.',
    }),
  },
  sshPorts: key({
    key: 'network.ssh_ports',
    type: numberRange(1024, 65_535),
    default: { from: 22_000, to: 24_999 },
    doc: 'Ports of the loopback interface that lead to the SSH servers of guests, both ends included; each running VM takes one.',
  }),
  vmmUids: key({
    key: 'vmm.uids',
    type: numberRange(1024, 4_294_967_293),
    default: { from: 780_000, to: 789_999 },
    doc: 'User ids that hypervisors run as in root mode, both ends included; each VM takes one. No account of the host may have one of them.',
  }),
  gitIdentity: {
    name: key<string | undefined>({
      key: 'git.name',
      type: GIT_TEXT,
      default: undefined,
      defaultText: 'that of the user who creates the VM, by their git configuration',
      example: 'name = "Ada Lovelace"',
      doc: 'Name of who commits in a guest, unless the guest says otherwise.',
    }),
    email: key<string | undefined>({
      key: 'git.email',
      type: GIT_TEXT,
      default: undefined,
      defaultText: 'that of the user who creates the VM, by their git configuration',
      example: 'email = "ada@example.org"',
      doc: 'Mail address of who commits in a guest, unless the guest says otherwise.',
    }),
  },
  authorizedKeys: key({
    key: 'ssh.authorized_keys',
    type: listOf(AUTHORIZED_KEY, 100),
    default: [],
    example: 'authorized_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ada@laptop"]',
    doc: 'Public keys whose owners may log in to each guest as root, beside banger itself. They count from the next start of a VM.',
  }),
  fileSync: key({
    key: 'file_sync',
    type: listOf(FILE_SYNC, 64),
    default: [],
    example: '[[file_sync]]\nfrom = "/home/ada/.npmrc"\nto = "/root/.npmrc"\nmode = "0600"',
    doc: 'Files of the host that every guest gets when it starts: tokens, settings, certificates. A directory is copied with what is in it, without links. What is no longer listed is removed from the guest at its next start, unless it was changed there; what is missing on the host is a warning. At most 256 files and 2 MiB in all.',
  }),
  catalogs: key({
    key: 'catalogs',
    type: listOf(CATALOG, 32),
    default: [],
    example:
      '[[catalogs]]\nname = "team"\nlocation = "https://images.example.org/catalog.json"\npublic_key = "/etc/banger/team.pub"',
    doc: 'Lists of images that others have made, to take images from by name.',
  }),
} as const;

type ValuesOf<Table> = {
  readonly [K in keyof Table]: Table[K] extends ConfigKey<infer T> ? T : ValuesOf<Table[K]>;
};
export type KeyValues = ValuesOf<typeof CONFIG_KEYS>;

type KeyTable = { readonly [name: string]: ConfigKey | KeyTable };

/** All keys with the path of their value in `Config.values`, in the order of the table. */
export function listConfigKeys(
  table: KeyTable = CONFIG_KEYS,
): { path: readonly string[]; spec: ConfigKey }[] {
  return Object.entries(table).flatMap(([name, entry]) =>
    isKey(entry)
      ? [{ path: [name], spec: entry }]
      : listConfigKeys(entry).map(({ path, spec }) => ({ path: [name, ...path], spec })),
  );
}

function isKey(entry: ConfigKey | KeyTable): entry is ConfigKey {
  return typeof entry['default'] === 'function';
}
