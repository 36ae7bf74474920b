import { WORKSPACE_MODES } from '../../contract/index.js';
import type { PublishedPort, VmCreateParams } from '../../contract/index.js';
import {
  absolutePath,
  flag,
  listOf,
  mapOf,
  oneOf,
  relativePath,
  tableOf,
  text,
  transformed,
  wholeNumber,
} from '../../core/toml/index.js';
import type { KeySpec, ValueType } from '../../core/toml/index.js';
import type { ProjectWorkspace } from '../../vm/index.js';

/** Name of the file, at the top of a repository. */
export const PROJECT_FILE = '.banger.toml';

const MIB_PER_UNIT: Readonly<Record<string, number>> = { m: 1, g: 1024, t: 1024 * 1024 };

/** `2g`, `512m`; in MiB */
function size(): ValueType<number> {
  const type = text('a size such as "512m", "2g" or "1t"', /^[1-9]\d{0,6}[mgt]$/);
  return transformed(
    type,
    (written) => Number(written.slice(0, -1)) * (MIB_PER_UNIT[written.slice(-1)] ?? NaN),
    (mib) => `${mib}m`,
  );
}

const PORT = /^(?:127\.0\.0\.1:)?(\d{1,5}):(\d{1,5})(\/udp|\/tcp)?$/;

/** On the loopback alone: a repository must not open this host to its network, nor take the place of its services. */
function port(): ValueType<PublishedPort> {
  const type = text(
    'a port such as "8080:80" or "5353:53/udp": from 1024 on this host, on the loopback alone',
    PORT,
    {
      valid: (written) => {
        const [, host, guest] = PORT.exec(written) ?? [];
        return (
          Number(host) >= 1024 && Number(host) <= 65_535 && Number(guest) >= 1 && Number(guest) <= 65_535
        );
      },
    },
  );
  return transformed(
    type,
    parsePort,
    ({ hostPort, guestPort, protocol }) => `${hostPort}:${guestPort}/${protocol}`,
  );
}

function parsePort(written: string): PublishedPort {
  const [, host, guest, protocol] = PORT.exec(written) ?? [];
  return {
    hostAddress: '127.0.0.1',
    hostPort: Number(host),
    guestPort: Number(guest),
    protocol: protocol === '/udp' ? 'udp' : 'tcp',
  };
}

const PLACED_FILE = tableOf({
  from: {
    type: relativePath(),
    doc: 'File of the repository, as git has it: what is ignored is not in the VM.',
  },
  to: {
    type: absolutePath(),
    doc: 'Where it comes to lie in the VM besides; when this ends with "/", in that directory under its own name.',
  },
  mode: {
    type: text('file permissions in octal digits such as "0600"', /^0?[0-7]{3}$/),
    doc: 'Permissions there; those that git gave it when left out.',
    optional: true,
  },
});

/** for the guest's sh */
function commands(): ValueType<string> {
  return text('a text of up to 16384 characters', /^[^\0]{1,16384}$/);
}

const WORKSPACE = tableOf({
  mode: {
    type: oneOf(WORKSPACE_MODES),
    doc: 'How much of the repository goes in: the commit, or so many; all of its history; the files alone, over one commit that is made up. "shallow" when left out.',
    optional: true,
  },
  depth: {
    type: wholeNumber(1, 100_000),
    doc: 'Commits of history in mode "shallow", 1 when left out; the other modes have no use for it.',
    optional: true,
  },
  include_untracked: {
    type: flag(),
    doc: 'Whether files that git neither tracks nor ignores go in; true when left out.',
    optional: true,
  },
  exclude: {
    type: listOf(text('a pattern as in .gitignore', /^[^\0\n]{1,1024}$/), 256),
    doc: 'Files, tracked or not, that do not go in. Those of the command line are added.',
    optional: true,
  },
  setup: {
    type: commands(),
    doc: 'Run as the `setup` above is, and after it, but each time that the repository was brought in, by `workspace prepare` as well. When it fails that is told and the VM stays. What it writes is kept in the VM, until it runs again: `/var/log/banger/workspace-setup/PATH.log`, with the path of the repository in the VM.',
    optional: true,
  },
});

/** As it is written in the file, and as banger has it. */
function workspace(): ValueType<ProjectWorkspace> {
  return transformed<WrittenWorkspace, ProjectWorkspace>(
    WORKSPACE,
    ({ include_untracked: includeUntracked, ...rest }) =>
      includeUntracked === undefined ? rest : { ...rest, includeUntracked },
    ({ includeUntracked, ...rest }) =>
      includeUntracked === undefined ? rest : { ...rest, include_untracked: includeUntracked },
  );
}

type WrittenWorkspace = typeof WORKSPACE extends ValueType<infer T> ? T : never;

const VARIABLE = { what: 'the name of a variable', pattern: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/ };
const LABEL = {
  what: 'the name of a label (1 to 63 of A-Z, a-z, 0-9, ".", "_", "/" and "-")',
  pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/,
};

function key<T>(spec: KeySpec<T>): KeySpec<T> {
  return spec;
}

/** Every key of a project file; an entry here is all that a new one takes. */
export const PROJECT_KEYS = {
  image: key({
    key: 'image',
    type: text('the name of an image', /^[^\p{C}]{1,64}$/u),
    example: 'image = "debian"',
    doc: 'Image that the VM starts from; it has to be there (`banger image list`).',
  }),
  cpus: key({ key: 'cpus', type: wholeNumber(1, 1024), example: 'cpus = 2', doc: 'Virtual CPUs.' }),
  memoryMib: key({ key: 'memory', type: size(), example: 'memory = "2g"', doc: 'Memory.' }),
  diskMib: key({ key: 'disk', type: size(), example: 'disk = "10g"', doc: 'Size of the disk.' }),
  workDiskMib: key({
    key: 'work_disk',
    type: size(),
    example: 'work_disk = "10g"',
    doc: 'A disk of its own for /root, which survives restarts.',
  }),
  setup: key({
    key: 'setup',
    type: commands(),
    example: 'setup = "npm ci"',
    doc: 'Run by the shell of the VM, as root, in the repository, once the repository and all files are there; several lines may follow each other, and the first one that fails ends it. Its output is shown as it comes (`--verbose` for all of it). When it fails, the creation has failed, nothing is left of the VM, and the error shows the end of the output. It is for what the VM needs; what the repository needs whenever it comes in is `setup` of `[workspace]`.',
  }),
  publishedPorts: key({
    key: 'ports',
    type: listOf(port(), 64),
    example: 'ports = ["8080:80"]',
    doc: 'Ports of the VM that are reached on the loopback of this host, as `--publish` makes them.',
  }),
  env: key({
    key: 'env',
    type: mapOf(VARIABLE, text('a text without NUL', /^[^\0]{0,32768}$/, { secret: true }), 256),
    example: '[env]\nNODE_ENV = "test"',
    doc: 'Variables for all commands in the VM. Their values are what is written here: none is ever taken from the host.',
  }),
  labels: key({
    key: 'labels',
    type: mapOf(LABEL, text('up to 255 printable characters', /^[^\p{C}]{0,255}$/u), 64),
    example: '[labels]\nteam = "web"',
    doc: 'Labels, to find the VM by (`banger vm list --label`).',
  }),
  files: key({
    key: 'files',
    type: listOf(PLACED_FILE, 256),
    example: '[[files]]\nfrom = "config/npmrc"\nto = "/root/.npmrc"\nmode = "0600"',
    doc: 'Files of the repository that are wanted elsewhere in the VM as well. They are copied in the VM, from the repository that was imported there: no path, and no link, leads to anything of the host.',
  }),
  workspace: key({
    key: 'workspace',
    type: workspace(),
    example: '[workspace]\nmode = "full"\nexclude = ["*.mp4", "/data/"]\nsetup = "npm ci"',
    doc: 'How the repository goes into a VM, where the command line says nothing else.',
  }),
} as const;

type Written<K extends keyof typeof PROJECT_KEYS> =
  (typeof PROJECT_KEYS)[K] extends KeySpec<infer T> ? T : never;
export type ProjectValues = { readonly [K in keyof typeof PROJECT_KEYS]?: Written<K> };
/** The part of it that a creator could have asked for as well. */
export type ProjectSettings = Pick<
  VmCreateParams,
  Exclude<keyof ProjectValues, 'setup' | 'files' | 'workspace'>
>;
